import { type Bytes, fromHex, toHex } from "./bytes.ts"
import { PlatformError } from "./errors.ts"
import { wordsOf } from "./pattern-words.ts"

/**
 * One declaration gives type, validation, JSON form and JSON Schema. Values live in two forms: "cbor"
 * (bytes are bytes) and "json" (bytes are lower-case hexadecimal text); parsing either gives the same value.
 */
export type Form = "cbor" | "json"

export interface Schema<T> {
  /** @throws PlatformError `bad_input` with the place and what was expected */
  parse(value: unknown, at?: string, form?: Form): T
  /** The value's JSON form. */
  toJson(value: T): unknown
  readonly jsonSchema: Readonly<Record<string, unknown>>
  readonly isOptional?: true
}

export type Infer<S> = S extends Schema<infer T> ? T : never

export function badInput(at: string, expected: string): PlatformError {
  return new PlatformError("bad_input", `${at || "input"}: expected ${expected}`, { details: { at } })
}

const isBytes = (value: unknown): value is Bytes => value instanceof Uint8Array

export function uint(max: number = Number.MAX_SAFE_INTEGER, min = 0): Schema<number> {
  return {
    parse(value, at = "") {
      if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max)
        throw badInput(at, `an integer from ${min} to ${max}`)
      return value
    },
    toJson: (value) => value,
    jsonSchema: { type: "integer", minimum: min, maximum: max },
  }
}

export function bool(): Schema<boolean> {
  return {
    parse(value, at = "") {
      if (typeof value !== "boolean") throw badInput(at, "true or false")
      return value
    },
    toJson: (value) => value,
    jsonSchema: { type: "boolean" },
  }
}

/** @param min, max sizes in bytes; `multiple`: the size is a multiple of it */
export function bytes<T extends Bytes = Bytes>(min: number, max: number = min, multiple = 1): Schema<T> {
  const words =
    min === max ? `${min} bytes` : `${min} to ${max} bytes${multiple > 1 ? ` in steps of ${multiple}` : ""}`
  return {
    parse(value, at = "", form = "cbor") {
      let found = value
      if (form === "json") {
        if (typeof value !== "string" || !/^([0-9a-f]{2})*$/.test(value))
          throw badInput(at, `${words} as lower-case hexadecimal text`)
        found = fromHex(value)
      }
      if (!isBytes(found) || found.length < min || found.length > max || found.length % multiple !== 0)
        throw badInput(at, words)
      return found as T
    },
    toJson: toHex,
    jsonSchema: { type: "string", pattern: "^([0-9a-f]{2})*$", minLength: 2 * min, maxLength: 2 * max },
  }
}

/** @param max length in UTF-16 units */
export function text(max: number, pattern?: RegExp): Schema<string> {
  return {
    parse(value, at = "") {
      if (typeof value !== "string" || value.length > max || value.length === 0)
        throw badInput(at, `text of 1 to ${max} characters`)
      if (pattern && !pattern.test(value)) throw badInput(at, wordsOf(pattern) ?? "text of another form")
      if (!value.isWellFormed() || value.startsWith("\ufeff"))
        throw badInput(at, "well-formed Unicode text without a byte order mark")
      return value
    },
    toJson: (value) => value,
    jsonSchema: { type: "string", minLength: 1, maxLength: max, ...(pattern && { pattern: pattern.source }) },
  }
}

export function oneOf<const T extends string>(...values: readonly T[]): Schema<T> {
  return {
    parse(value, at = "") {
      if (!values.includes(value as T)) throw badInput(at, `one of ${values.join(", ")}`)
      return value as T
    },
    toJson: (value) => value,
    jsonSchema: { type: "string", enum: values },
  }
}

export function list<T>(item: Schema<T>, max: number, min = 0): Schema<readonly T[]> {
  return {
    parse(value, at = "", form = "cbor") {
      if (!Array.isArray(value) || value.length > max || value.length < min)
        throw badInput(at, `a list of ${min} to ${max} items`)
      return value.map((part, i) => item.parse(part, `${at}[${i}]`, form))
    },
    toJson: (value) => value.map((part) => item.toJson(part)),
    jsonSchema: { type: "array", items: item.jsonSchema, minItems: min, maxItems: max },
  }
}

export function optional<T>(inner: Schema<T>): Schema<T | undefined> {
  return {
    parse: (value, at = "", form = "cbor") =>
      value === undefined ? undefined : inner.parse(value, at, form),
    toJson: (value) => (value === undefined ? undefined : inner.toJson(value)),
    jsonSchema: inner.jsonSchema,
    isOptional: true,
  }
}

/** Absent in a row: CBOR null. */
export function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    parse: (value, at = "", form = "cbor") => (value === null ? null : inner.parse(value, at, form)),
    toJson: (value) => (value === null ? null : inner.toJson(value)),
    jsonSchema: { anyOf: [inner.jsonSchema, { type: "null" }] },
  }
}

export type Fields = Readonly<Record<string, Schema<unknown>>>
type OptionalNames<F extends Fields> = { [K in keyof F]: undefined extends Infer<F[K]> ? K : never }[keyof F]
export type InferFields<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalNames<F>>]: Infer<F[K]>
} & { readonly [K in OptionalNames<F>]?: Infer<F[K]> }

export interface ObjectSchema<T> extends Schema<T> {
  readonly fields: Fields
}

/** An object with exactly these members; unknown ones are refused. */
export function object<F extends Fields>(fields: F): ObjectSchema<InferFields<F>> {
  const names = Object.keys(fields)
  return {
    fields,
    parse(value, at = "", form = "cbor") {
      if (value === null || typeof value !== "object" || Array.isArray(value) || isBytes(value))
        throw badInput(at, `an object with ${names.join(", ") || "no members"}`)
      const found = value as Record<string, unknown>
      for (const name of Object.keys(found))
        if (!Object.hasOwn(fields, name))
          throw badInput(join(at, name), `no such member; known: ${names.join(", ")}`)
      const out: Record<string, unknown> = {}
      for (const name of names) {
        const part = Object.hasOwn(found, name) ? found[name] : undefined
        if (part === undefined && !fields[name].isOptional)
          throw badInput(join(at, name), "a value; it is missing")
        const parsed = fields[name].parse(part, join(at, name), form)
        if (parsed !== undefined) out[name] = parsed
      }
      return out as InferFields<F>
    },
    toJson(value) {
      const out: Record<string, unknown> = {}
      for (const name of names) {
        const part = (value as Record<string, unknown>)[name]
        if (part !== undefined) out[name] = fields[name].toJson(part)
      }
      return out
    },
    jsonSchema: {
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, fields[name].jsonSchema])),
      required: names.filter((name) => !fields[name].isOptional),
      additionalProperties: false,
    },
  }
}

const join = (at: string, name: string) => (at === "" ? name : `${at}.${name}`)
