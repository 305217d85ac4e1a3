import { errorBody } from "@aceso/client"
import { contracts } from "@aceso/contracts"
import { anyJson } from "../modules/bodies.ts"
import { type PublicRead, publicRead, type Route } from "../modules/route.ts"

/** Describes these routes, and itself. */
export function descriptionRoute(url: string, routes: readonly Route[]): PublicRead {
  let description: object | undefined
  const own: PublicRead = publicRead({
    path: "/openapi.json",
    summary: "this description",
    answer: anyJson,
    handle() {
      description ??= openApi(url, [...routes, own])
      return description
    },
  })
  return own
}

/** OpenAPI 3.1 of a node, made from the schemas that it validates with. */
function openApi(url: string, routes: readonly Route[]): object {
  const paths = Object.fromEntries(routes.map((one) => [one.path, { [one.method]: operationOf(one) }]))
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

/** Whose key signs. */
const SIGNERS: Readonly<Record<Route["by"], string | undefined>> = {
  staff: "staff",
  patient: "handle key",
  "case key": "case key",
  "pairing key": "pairing key",
  visitor: "handle key",
  member: "member",
  nobody: undefined,
  "listening staff": "staff",
  "listening patient": "handle key",
}

function operationOf({ by, summary, parameters = [], question, answer, isJson }: Route) {
  const signer = SIGNERS[by]
  return {
    summary,
    ...(signer && { security: [{ httpMessageSignature: [signer] }] }),
    ...(parameters.length > 0 && {
      parameters: parameters.map(({ name, isRequired, schema }) => ({
        ...{ name, in: "query", required: isRequired, schema },
      })),
    }),
    ...(question && { requestBody: { required: true, content: contentOf(question, isJson) } }),
    responses: {
      200: {
        description: "done",
        content: by.startsWith("listening")
          ? { "text/event-stream": { schema: answer } }
          : contentOf(answer, isJson),
      },
      default: { description: "refused", content: contentOf(errorBody.jsonSchema, false) },
    },
  }
}

const contentOf = (schema: Route["answer"], isJson: boolean) => ({
  [isJson ? "application/json" : "application/cbor"]: { schema },
})
