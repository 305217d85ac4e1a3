import { randomBytes } from "./crypto.ts"

/** Crockford's Base32: no I, L, O, U. */
export const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

export const randomSymbols = (count: number): string =>
  [...randomBytes(count)].map((byte) => CROCKFORD[byte % 32]).join("")

/** Four by four, as codes are shown. */
export const grouped = (symbols: string): string => (symbols.match(/.{4}/g) ?? []).join("-")

/** What somebody typed, without gaps, small letters and the letters that look like digits. */
export const plainSymbols = (typed: string): string =>
  typed.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1")
