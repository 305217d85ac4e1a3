import {
  accessAnswer,
  accessQuestion,
  attestedAnswer,
  blocksAnswer,
  consentsAnswer,
  duplicatesAnswer,
  duplicatesQuestion,
  errorBody,
  genesisAnswer,
  historyAnswer,
  historyQuestion,
  importAnswer,
  memberAnswer,
  okAnswer,
  patientsAnswer,
  patientsQuestion,
  proposalsAnswer,
  proposeAnswer,
  provenRowAnswer,
  renewalQuestion,
  reportAnswer,
  statusAnswer,
  submitAnswer,
  tamperAnswer,
  visitorAnswer,
  visitorQuestion,
  visitorsAnswer,
  visitorsQuestion,
} from "@aceso/client"
import { contracts, governance } from "@aceso/contracts"
import {
  accessRequest,
  account,
  bool,
  bytes,
  checkpointsAnswer,
  consentCopies,
  fetchRequest,
  handle,
  hash32,
  list,
  object,
  oneOf,
  ownRecords,
  patientQuestion,
  payloadId,
  pendingRequest,
  policyChange,
  policyState,
  practitionerProof,
  receipt,
  type Schema,
  sealedAnswer,
  text,
  uint,
} from "@aceso/core"
import { lightCall } from "@aceso/ledger/engines/cometbft/light.ts"

interface Route {
  readonly method: "get" | "post"
  readonly path: string
  readonly signer: "nobody" | "staff" | "handle key" | "member"
  readonly summary: string
  readonly body?: Schema<never>
  readonly answer: Schema<never>
  /** Body and answer of a `post` are JSON. */
  readonly isJson?: true
}

const route = (
  method: Route["method"],
  path: string,
  signer: Route["signer"],
  summary: string,
  body: unknown,
  answer: unknown,
  isJson?: true,
): Route => ({
  method,
  path,
  signer,
  summary,
  ...(body !== undefined && { body: body as Schema<never> }),
  answer: answer as Schema<never>,
  ...(isJson && { isJson }),
})

const none = object({})
/** FHIR JSON as it is, plain or gzip; CometBFT's own JSON. */
const anyJson: Schema<unknown> = {
  parse: (value) => value,
  toJson: (value) => value,
  jsonSchema: { type: "object" },
}

/** Every route of a node; a test holds this table to the application. */
export const routes: readonly Route[] = [
  route("get", "/status", "nobody", "height, freshness and counts", undefined, statusAnswer),
  route("get", "/genesis", "nobody", "the founder-signed genesis", undefined, genesisAnswer),
  route("get", "/members", "nobody", "organisations and their nodes", undefined, memberAnswer),
  route(
    "get",
    "/checkpoints",
    "nobody",
    "checkpoints that the member signed, from a height on (?from=)",
    undefined,
    checkpointsAnswer,
  ),
  route(
    "get",
    "/attested",
    "nobody",
    "cometbft: a block's checkpoint (?height=) and the validators' commit that attests it",
    undefined,
    attestedAnswer,
  ),
  route(
    "post",
    "/comet",
    "nobody",
    "cometbft: headers, commits and validators for CometBFT's light client (JSON-RPC 2.0)",
    lightCall,
    anyJson,
    true,
  ),
  route("get", "/openapi.json", "nobody", "this description", undefined, none),
  route(
    "post",
    "/ledger/submit",
    "nobody",
    "a transaction, signed by itself",
    bytes(1, 262_144),
    submitAnswer,
  ),
  route(
    "post",
    "/ledger/prove",
    "nobody",
    "a row that every member may read, with proof",
    object({ table: text(32), key: list(bytes(1, 4096), 4), height: uint() }),
    provenRowAnswer,
  ),
  route(
    "post",
    "/exchange/fetch",
    "member",
    "records of a handle, sealed to a one-time key",
    fetchRequest,
    sealedAnswer,
  ),
  route(
    "post",
    "/exchange/request",
    "member",
    "an access request with a patient's card",
    accessRequest,
    object({ outcome: oneOf("permitted", "pending") }),
  ),
  route("post", "/staff/patients", "staff", "own patients, by pages", patientsQuestion, patientsAnswer),
  route(
    "post",
    "/staff/duplicates",
    "staff",
    "pairs of patients that may be one, by pages",
    duplicatesQuestion,
    duplicatesAnswer,
  ),
  route(
    "post",
    "/staff/visitors",
    "staff",
    "people whose records lie elsewhere, a page of them",
    visitorsQuestion,
    visitorsAnswer,
  ),
  route("post", "/staff/visitor", "staff", "one of them, by an alias", visitorQuestion, visitorAnswer),
  route(
    "post",
    "/staff/import",
    "staff",
    "FHIR R4 input (application/fhir+json, plain or gzip)",
    anyJson,
    importAnswer,
  ),
  route("post", "/staff/commit", "staff", "waits until everything is in acknowledged blocks", none, okAnswer),
  route(
    "post",
    "/staff/proof",
    "staff",
    "the caller's proof of standing in the directory",
    none,
    practitionerProof,
  ),
  route(
    "post",
    "/staff/request",
    "staff",
    "proves a patient's card as a whole and sends each custodian its statement",
    accessQuestion,
    accessAnswer,
  ),
  route("post", "/staff/history", "staff", "the merged, verified history", historyQuestion, historyAnswer),
  route("post", "/staff/receipt", "staff", "the receipt of a transaction", object({ payloadId }), receipt),
  route(
    "post",
    "/staff/blocks",
    "staff",
    "blocks, for custodians and authorities",
    object({ from: uint() }),
    blocksAnswer,
  ),
  route(
    "post",
    "/staff/propose",
    "staff",
    "proposes changes of the network, as the member",
    governance.actions.propose.input,
    proposeAnswer,
  ),
  route(
    "post",
    "/staff/proposals",
    "staff",
    "proposals, newest first",
    object({ all: bool() }),
    proposalsAnswer,
  ),
  route(
    "post",
    "/staff/vote",
    "staff",
    "votes on a proposal, as the member",
    object({ proposal: hash32, yes: bool() }),
    proposeAnswer,
  ),
  route(
    "post",
    "/staff/report",
    "staff",
    "checks evidence and puts its hash on the ledger",
    object({ evidence: bytes(1, 64 * 2 ** 20) }),
    reportAnswer,
  ),
  route("post", "/staff/tamper", "staff", "demo networks only", object({ undo: bool() }), tamperAnswer),
  route(
    "post",
    "/patient/requests",
    "handle key",
    "requests that wait",
    patientQuestion,
    object({ requests: list(pendingRequest, 10_000) }),
  ),
  route("post", "/patient/policy", "handle key", "the documents in force", patientQuestion, policyState),
  route("post", "/patient/change", "handle key", "a changed policy", policyChange, okAnswer),
  route("post", "/patient/renew", "handle key", "expired changes, signed anew", renewalQuestion, okAnswer),
  route(
    "post",
    "/patient/decline",
    "handle key",
    "declines a request",
    object({ handle, requestId: bytes(16) }),
    okAnswer,
  ),
  route("post", "/patient/account", "handle key", "every disclosure", patientQuestion, account),
  route("post", "/patient/records", "handle key", "every record, opened", patientQuestion, ownRecords),
  route(
    "post",
    "/consents",
    "handle key",
    "copies of consents of one handle, for their grantee",
    consentCopies,
    consentsAnswer,
  ),
]

/** OpenAPI 3.1 of a node, made from the schemas that it validates with. */
export function openApi(url: string): Record<string, unknown> {
  const content = (schema: Schema<never>, isJson: boolean) => ({
    [isJson ? "application/json" : "application/cbor"]: { schema: schema.jsonSchema },
  })
  const paths = Object.fromEntries(
    routes.map((one) => [
      one.path,
      {
        [one.method]: {
          summary: one.summary,
          ...(one.signer !== "nobody" && { security: [{ httpMessageSignature: [one.signer] }] }),
          ...(one.body && {
            requestBody: { required: true, content: content(one.body, one.isJson === true) },
          }),
          responses: {
            200: { description: "done", content: content(one.answer, one.isJson ?? one.method === "get") },
            default: {
              description: "refused",
              content: content(errorBody as unknown as Schema<never>, false),
            },
          },
        },
      },
    ]),
  )
  const transactions = Object.fromEntries(
    contracts.flatMap(({ name, actions }) =>
      Object.entries(actions).map(([action, { input, callers }]) => [
        `${name}.${action}`,
        { ...input.jsonSchema, description: `called by ${callers}` },
      ]),
    ),
  )
  return {
    openapi: "3.1.0",
    info: {
      title: "Aceso node",
      version: "0.1.0",
      description: "Bytes are CBOR byte strings; in JSON lower-case hexadecimal text.",
    },
    servers: [{ url }],
    paths,
    components: {
      schemas: transactions,
      securitySchemes: {
        httpMessageSignature: {
          type: "http",
          scheme: "signature",
          description: "RFC 9421; docs/api.md has the profile",
        },
      },
    },
  }
}
