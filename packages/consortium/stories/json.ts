/** A number kept as the token it was written as: JSON `4.10` and `4.1` are one value but not one result. */
export class Decimal {
  readonly token: string

  constructor(token: string) {
    if (!/^-?(0|[1-9]\d*)(\.\d+)?$/.test(token)) throw new RangeError(`not a decimal token: "${token}"`)
    this.token = token
  }
}

export type Json = null | boolean | number | string | Decimal | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json | undefined
}

/** JSON text in the given property order, without white space; undefined properties are left out. */
export function emitJson(value: Json): string {
  if (value instanceof Decimal) return value.token
  if (typeof value === "number") return emitInteger(value)
  if (value === null || typeof value !== "object") return JSON.stringify(value)
  if (isArray(value)) return `[${value.map(emitJson).join(",")}]`
  const members: string[] = []
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${emitJson(member)}`)
  }
  return `{${members.join(",")}}`
}

function emitInteger(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer: write a Decimal`)
  return String(value)
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
