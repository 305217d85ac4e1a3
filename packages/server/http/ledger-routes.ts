import { provenRowsAnswer, proveQuestion, submitAnswer } from "@aceso/client"
import { contracts } from "@aceso/contracts"
import {
  type Cbor,
  checkpointsAnswer,
  decodeCbor,
  MAX_ENVELOPE_BYTES,
  PlatformError,
  type Table,
} from "@aceso/core"
import type { Hono } from "hono"
import type { AcesoNode } from "../node/node.ts"
import { withBody } from "./body.ts"
import { type Edge, strangerOf, strangersBody } from "./edge.ts"
import { cbor } from "./signed.ts"

const MAX_QUESTION_BYTES = 32_768

/** The ledger itself: transactions carry their own signatures, public tables their own proofs. */
export function ledgerRoutes(app: Hono, node: AcesoNode, edge: Edge): void {
  app.post("/ledger/submit", (context) =>
    withBody(context, strangersBody(edge, context, MAX_ENVELOPE_BYTES), (body) =>
      edge.calls.submit.call(strangerOf(context), "too many transactions wait", () => submit(node, body)),
    ),
  )

  /** What this member signed, oldest first; each signature stands for itself. */
  app.get("/checkpoints", (context) => {
    const from = context.req.query("from") ?? "0"
    if (!/^\d{1,15}$/.test(from)) throw new PlatformError("bad_input", "from: expected a height")
    const checkpoints = node.services.checkpoints.own(Number(from))
    return context.json(checkpointsAnswer.toJson({ checkpoints }) as object)
  })

  /** Rows of tables that every member may read, with proofs of presence or absence, all at one height. */
  app.post("/ledger/prove", (context) =>
    withBody(context, strangersBody(edge, context, MAX_QUESTION_BYTES), (body) =>
      edge.calls.prove.call(strangerOf(context), "too many proofs are being made", () => prove(node, body)),
    ),
  )
}

async function submit(node: AcesoNode, envelope: Uint8Array): Promise<Response> {
  const { payloadId, height, index, result, isDuplicate } = await node.services.engine.submit(envelope)
  const rejection = result.ok ? null : result.rejection
  return cbor(submitAnswer.parse({ payloadId, height, index, rejection, isDuplicate }) as unknown as Cbor)
}

async function prove(node: AcesoNode, body: Uint8Array): Promise<Response> {
  const { table: name, keys, height } = proveQuestion.parse(decodeCbor(body), "body")
  const table = contracts.flatMap((contract) => contract.tables).find((one) => one.name === name)
  if (table?.readers !== "members")
    throw new PlatformError(
      "unknown_table",
      "there is no such table, or only custodians and authorities may read it",
    )
  const parsed = keys.map((key, i) => parseKey(table, key, `keys[${i}]`))
  const proven = await node.services.engine.proveMany(table, parsed, height === 0 ? undefined : height)
  return cbor(provenRowsAnswer.parse(proven) as unknown as Cbor)
}

function parseKey(table: Table, key: readonly Uint8Array[], at: string): unknown[] {
  if (key.length !== table.key.length)
    throw new PlatformError(
      "bad_input",
      `${at}: the table ${table.name} has keys of ${table.key.length} parts, each CBOR`,
    )
  return table.key.map((schema, i) => schema.parse(decodeCbor(key[i]), `${at}[${i}]`))
}
