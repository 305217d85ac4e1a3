import { errorBody } from "@aceso/client"
import { contracts } from "@aceso/contracts"
import type { Schema } from "@aceso/core"
import { routes } from "./routes.table.ts"

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
