import { type Infer, object, oneOf, optional, type Schema, text, uint } from "@aceso/core"

/** CometBFT writes whole numbers as text. */
const height = optional(text(15, /^[1-9]\d*$/))
const page = optional(text(3, /^[1-9]\d*$/))

/** Parameters of the calls that CometBFT's light client makes (light/provider/http, statesync/stateprovider.go). */
const params = {
  commit: object({ height }),
  validators: object({ height, page, per_page: page }),
  consensus_params: object({ height }),
} as const
type Method = keyof typeof params

export interface LightCall {
  readonly method: Method
  readonly params: Readonly<Record<string, string | undefined>>
}

/** As JSON-RPC has it: one of both. */
export interface LightAnswer {
  readonly result?: unknown
  readonly error?: unknown
}

const call = object({
  jsonrpc: oneOf("2.0"),
  id: uint(),
  method: oneOf(...(Object.keys(params) as Method[])),
  /** Checked by the method's own schema. */
  params: optional({ parse: (value: unknown) => value, toJson: (value: unknown) => value, jsonSchema: {} }),
})

/** A JSON-RPC request of CometBFT's light client, and nothing else. @throws PlatformError `bad_input` */
export const lightCall: Schema<LightCall & { readonly id: number }> = {
  parse(value, at = "") {
    const { id, method, params: given } = call.parse(value, at, "json") as Infer<typeof call>
    const schema = params[method] as Schema<LightCall["params"]>
    return { id, method, params: schema.parse(given ?? {}, `${at}.params`, "json") }
  },
  toJson: ({ id, method, params: given }) => ({ jsonrpc: "2.0", id, method, params: given }),
  jsonSchema: {
    oneOf: Object.entries(params).map(([method, schema]) => ({
      type: "object",
      required: ["jsonrpc", "id", "method"],
      properties: {
        jsonrpc: { const: "2.0" },
        id: uint().jsonSchema,
        method: { const: method },
        params: schema.jsonSchema,
      },
    })),
  },
}
