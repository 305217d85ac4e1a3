import { type Bytes, fromUtf8, utf8 } from "./bytes.ts"
import { PlatformError } from "./errors.ts"

/**
 * JSON without loss: number tokens stay as they were written, because FHIR gives decimal precision a meaning.
 * The canonical form is RFC 8785's order and white space with these tokens (PRIVACY.md, Records).
 */
export class JsonNumber {
  readonly token: string

  constructor(token: string) {
    this.token = token
  }

  /** The nearest double; for comparing, never for writing back. */
  valueOf(): number {
    return Number(this.token)
  }

  toJSON(): number {
    return Number(this.token)
  }
}

export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject
export interface JsonObject {
  [name: string]: Json
}

export const MAX_JSON_DEPTH = 64

/** @throws PlatformError `bad_json` with line and column; also for a name that stands twice in an object */
export function parseJson(source: Bytes | string): Json {
  const text = typeof source === "string" ? source : fromUtf8(source)
  return new Parser(text).document()
}

/** Line feed and tab and the like are white space; nothing else is (RFC 8259 section 2). */
const isSpace = (code: number) => code === 32 || code === 10 || code === 13 || code === 9
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

class Parser {
  private readonly text: string
  private at = 0
  private depth = 0

  constructor(text: string) {
    this.text = text
  }

  document(): Json {
    const value = this.value()
    this.space()
    if (this.at < this.text.length) throw this.fail("nothing may follow the value")
    return value
  }

  private fail(what: string): PlatformError {
    const before = this.text.slice(0, this.at)
    const line = before.split("\n").length
    const column = this.at - before.lastIndexOf("\n")
    return new PlatformError("bad_json", `line ${line}, column ${column}: ${what}`, {
      details: { line, column },
    })
  }

  private space(): void {
    while (isSpace(this.text.charCodeAt(this.at))) this.at++
  }

  private value(): Json {
    this.space()
    switch (this.text[this.at]) {
      case "{":
        return this.nested(() => this.object())
      case "[":
        return this.nested(() => this.array())
      case '"':
        return this.string()
      case "t":
        return this.word("true", true)
      case "f":
        return this.word("false", false)
      case "n":
        return this.word("null", null)
      default:
        return this.number()
    }
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > MAX_JSON_DEPTH) throw this.fail(`nested deeper than ${MAX_JSON_DEPTH} levels`)
    const value = read()
    this.depth--
    return value
  }

  private word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw this.fail("expected a JSON value")
    this.at += word.length
    return value
  }

  private number(): JsonNumber {
    NUMBER.lastIndex = this.at
    const match = NUMBER.exec(this.text)
    if (!match) throw this.fail("expected a JSON value")
    this.at = NUMBER.lastIndex
    return new JsonNumber(match[0])
  }

  private string(): string {
    const { text } = this
    const start = ++this.at
    for (;;) {
      const code = text.charCodeAt(this.at)
      if (code === 34) {
        const value = text.slice(start, this.at++)
        if (!value.isWellFormed()) throw this.fail("a string holds half of a surrogate pair")
        return value
      }
      if (code === 92) break
      if (!(code >= 32)) throw this.fail("a string holds a control character or does not end")
      this.at++
    }
    // An escape: JSON.parse knows them all; find the closing quote first.
    while (text.charCodeAt(this.at) !== 34) {
      const code = text.charCodeAt(this.at)
      if (!(code >= 32)) throw this.fail("a string holds a control character or does not end")
      this.at += code === 92 ? 2 : 1
    }
    try {
      const value = JSON.parse(text.slice(start - 1, ++this.at)) as string
      if (!value.isWellFormed()) throw this.fail("a string holds half of a surrogate pair")
      return value
    } catch (error) {
      throw error instanceof PlatformError ? error : this.fail("a string holds an unknown escape")
    }
  }

  private array(): Json[] {
    const items: Json[] = []
    this.at++
    this.space()
    if (this.take("]")) return items
    for (;;) {
      items.push(this.value())
      this.space()
      if (this.take("]")) return items
      if (!this.take(",")) throw this.fail("expected , or ]")
    }
  }

  private object(): JsonObject {
    const members: JsonObject = {}
    this.at++
    this.space()
    if (this.take("}")) return members
    for (;;) {
      this.space()
      if (this.text[this.at] !== '"') throw this.fail("expected a member's name")
      const name = this.string()
      if (Object.hasOwn(members, name)) throw this.fail(`the member ${JSON.stringify(name)} stands twice`)
      this.space()
      if (!this.take(":")) throw this.fail("expected :")
      const value = this.value()
      if (name === "__proto__") throw this.fail("the member name __proto__ is not allowed")
      members[name] = value
      this.space()
      if (this.take("}")) return members
      if (!this.take(",")) throw this.fail("expected , or }")
    }
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }
}

/** The canonical text of a value. */
export function canonicalText(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value)
  if (typeof value === "string") return JSON.stringify(value)
  if (value instanceof JsonNumber) return value.token
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`
  // Default order of sort() is that of UTF-16 code units, which RFC 8785 section 3.2.3 asks for.
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalText(value[name])}`).join(",")}}`
}

export const canonicalJson = (value: Json): Bytes => utf8(canonicalText(value))

/** Plain data, as programs write it, as lossless JSON: safe integers only where numbers are wanted. */
export function toJson(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value
  if (value instanceof JsonNumber) return value
  if (typeof value === "number") return new JsonNumber(String(value))
  if (Array.isArray(value)) return value.map(toJson)
  const out: JsonObject = {}
  for (const [name, part] of Object.entries(value as object)) if (part !== undefined) out[name] = toJson(part)
  return out
}

export const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof JsonNumber)
export const asText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
export const asList = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : [])
