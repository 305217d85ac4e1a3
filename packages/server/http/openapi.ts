import { errorBody } from "@aceso/client"
import { contracts } from "@aceso/contracts"
import type { Route } from "../modules/route.ts"
import { routes as others } from "./routes.table.ts"

const SIGNERS: Readonly<Record<Route["by"], string | undefined>> = {
  staff: "staff",
  patient: "handle key",
  visitor: "handle key",
  member: "member",
  nobody: undefined,
}

/** OpenAPI 3.1 of a node, made from the schemas that it validates with. */
export function openApi(url: string, routes: readonly Route[]): Record<string, unknown> {
  const paths = Object.fromEntries(
    [...routes, ...others.map(asRoute)].map((one) => [one.path, { [one.method]: operationOf(one) }]),
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

const contentOf = (schema: Route["answer"], isJson: boolean) => ({
  [isJson ? "application/json" : "application/cbor"]: { schema },
})

function operationOf({
  by,
  summary,
  query = {},
  question,
  answer,
  isJson,
}: Omit<Route, "maxBytes" | "answerTo">) {
  const signer = SIGNERS[by]
  const parameters = Object.entries(query).map(([name, schema]) => ({ name, in: "query", schema }))
  return {
    summary,
    ...(signer && { security: [{ httpMessageSignature: [signer] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(question && { requestBody: { required: true, content: contentOf(question, isJson) } }),
    responses: {
      200: { description: "done", content: contentOf(answer, isJson) },
      default: { description: "refused", content: contentOf(errorBody.jsonSchema, false) },
    },
  }
}

const asRoute = ({ signer, body, answer, isJson, method, ...rest }: (typeof others)[number]) => ({
  ...rest,
  method,
  by: (signer === "handle key" ? "patient" : signer) as Route["by"],
  ...(body && { question: body.jsonSchema }),
  answer: answer.jsonSchema,
  isJson: isJson ?? method === "get",
})
