import type { Bytes } from "./bytes.ts"
import { CROCKFORD, grouped, plainSymbols, randomSymbols } from "./crockford.ts"
import { hkdf } from "./crypto.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { wrappedId } from "./wrapped.ts"

/**
 * The printed way back to a seed (PRIVACY.md, The patient's app): 130 random bits in Crockford's Base32, and two symbols
 * by which a mistyped one is known at once.
 */
const SECRET_SYMBOLS = 26
const CHECK_SYMBOLS = 2

const checkOf = (secret: string): string => {
  const [a, b] = domainHash("recovery-code-check", secret)
  return CROCKFORD[a % 32] + CROCKFORD[b % 32]
}

/** Seven times four letters and digits. */
export function newRecoveryCode(): string {
  const secret = randomSymbols(SECRET_SYMBOLS)
  return grouped(secret + checkOf(secret))
}

/** As people type it. undefined: it is none, or something is mistyped */
export function readRecoveryCode(typed: string): string | undefined {
  const symbols = plainSymbols(typed)
  const secret = symbols.slice(0, SECRET_SYMBOLS)
  const isWhole =
    symbols.length === SECRET_SYMBOLS + CHECK_SYMBOLS && [...symbols].every((one) => CROCKFORD.includes(one))
  return isWhole && symbols.slice(SECRET_SYMBOLS) === checkOf(secret) ? grouped(symbols) : undefined
}

/** Under which name the seed lies with the app's operator, and by which key it is sealed. */
export function recoveryOf(code: string): { readonly id: Hash; readonly key: Bytes } {
  const secret = new TextEncoder().encode(code)
  return {
    id: wrappedId("recovery", secret),
    key: hkdf(secret, new Uint8Array(0), domainBytes("wrap-recovery"), 32),
  }
}
