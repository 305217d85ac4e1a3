import { equalBytes } from "./bytes.ts"
import { type Cbor, encodeCbor } from "./cbor.ts"
import { type Coding, codings } from "./clinical.ts"
import { isSameCode } from "./consent/systems.ts"
import { asText, type JsonObject } from "./json.ts"
import { type Infer, list, object, optional, text } from "./schema.ts"

export const className = text(64, /^[A-Z][A-Za-z]+$/)

/** A code that is looked for; without a system: of any. */
export const wantedCode = object({ system: optional(text(300)), code: text(100) })
export type WantedCode = Infer<typeof wantedCode>

/** Which records are asked for: of one of the classes, and with one of the codes; an empty list asks for all. */
export const recordFilter = object({
  /** FHIR resource types. */
  classes: list(className, 50),
  /** Of a resource's main code; without a system: of any. */
  codes: list(wantedCode, 50),
})
export type RecordFilter = Infer<typeof recordFilter>

/** What of a resource a filter looks at. */
export interface Subject {
  readonly type: string
  readonly codes: readonly Coding[]
}

export const subjectOf = (resource: JsonObject): Subject => ({
  type: asText(resource.resourceType) ?? "",
  codes: codings(resource),
})

export function isWanted({ classes, codes }: RecordFilter, subject: Subject): boolean {
  if (classes.length > 0 && !classes.includes(subject.type)) return false
  return codes.length === 0 || codes.some((code) => subject.codes.some((one) => isSameCode(code, one)))
}

export const isSameFilter = (a: RecordFilter | undefined, b: RecordFilter | undefined): boolean =>
  equalBytes(bytesOf(a), bytesOf(b))

const bytesOf = (filter: RecordFilter | undefined) => encodeCbor((filter ?? null) as unknown as Cbor)
