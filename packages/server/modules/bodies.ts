import {
  type Bytes,
  type Cbor,
  decodeCbor,
  encodeCbor,
  fromUtf8,
  PlatformError,
  type Schema,
  utf8,
} from "@aceso/core"

/** Whatever JSON there is. */
export const anyJson: Schema<unknown> = {
  parse: (value) => value,
  toJson: (value) => value,
  jsonSchema: { type: "object" },
}

interface Raw extends Schema<Bytes> {
  readonly isRaw: true
}
/** A body that is taken or answered as the bytes that it is; the schema says what is in them, and nothing checks it. */
export const raw = ({ jsonSchema }: Schema<unknown>): Raw => ({
  parse: (value) => value as Bytes,
  toJson: (value) => value,
  jsonSchema,
  isRaw: true,
})

const isRaw = (schema: object): schema is Raw => "isRaw" in schema

/** What a route is asked and what it answers; `question` left out: nothing is asked, and what comes is not looked at. */
export interface Bodies<A, Q> {
  readonly question?: Schema<Q>
  readonly answer: Schema<A>
  /** Both are JSON, otherwise CBOR. */
  readonly isJson?: true
}

/** @throws PlatformError `bad_input`, `bad_cbor`, `too_deep`, `bad_json` */
export function read<Q>({ question, isJson }: Bodies<unknown, Q>, body: Bytes): Q {
  if (!question) return undefined as Q
  if (isRaw(question)) return question.parse(body)
  return isJson ? question.parse(jsonOf(body), "body", "json") : question.parse(decodeCbor(body), "body")
}

/** @throws PlatformError `bad_input` where the answer is not as it was declared */
export function written<A>({ answer, isJson }: Bodies<A, unknown>, value: A): Bytes {
  const checked = answer.parse(value)
  if (isRaw(answer)) return checked as Bytes
  return isJson ? utf8(JSON.stringify(answer.toJson(checked))) : encodeCbor(checked as Cbor)
}

function jsonOf(body: Bytes): unknown {
  try {
    return JSON.parse(fromUtf8(body))
  } catch (cause) {
    throw new PlatformError("bad_json", "the body is no JSON; /openapi.json says what to send", { cause })
  }
}
