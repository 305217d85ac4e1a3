import { type Bytes, fromHex, toHex } from "@aceso/core"

/** Values between a test and a node's process: JSON with byte arrays as "hex:..." texts. */
export function packed(value: unknown): unknown {
  if (value instanceof Uint8Array) return `hex:${toHex(value as Bytes)}`
  return mapped(value, packed)
}

export function unpacked(value: unknown): unknown {
  if (typeof value === "string" && value.startsWith("hex:")) return fromHex(value.slice(4))
  return mapped(value, unpacked)
}

function mapped(value: unknown, convert: (one: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(convert)
  if (!value || typeof value !== "object") return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, convert(one)]))
}
