import { createHash } from "node:crypto"

/**
 * Every drawn thing has a path of its own, so that a visit added to a story changes no other visit,
 * and a fact known at two organisations is drawn alike at both.
 */
export class Randomness {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  at(...steps: readonly (string | number)[]): Randomness {
    return new Randomness([this.#path, ...steps].join("\u0000"))
  }

  /** A UUID of version 4 by form. */
  uuid(): string {
    const bytes = this.#digest().subarray(0, 16)
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
  }

  /** A whole number, both ends included. */
  integer(low: number, high: number): number {
    if (high < low) throw new RangeError(`no whole number from ${low} to ${high}`)
    return low + Math.floor((sfc32(this.#digest()) / 2 ** 32) * (high - low + 1))
  }

  digits(length: number): string {
    return String(this.integer(0, 10 ** length - 1)).padStart(length, "0")
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.integer(0, choices.length - 1)]
    if (chosen === undefined) throw new RangeError("nothing to pick from")
    return chosen
  }

  /** A decimal token between two tokens of the same number of decimals. */
  decimal(low: string, high: string): string {
    const places = low.split(".")[1]?.length ?? 0
    if (places !== (high.split(".")[1]?.length ?? 0))
      throw new RangeError(`${low} and ${high} differ in decimals`)
    const drawn = String(this.integer(Number(low.replace(".", "")), Number(high.replace(".", ""))))
    const padded = drawn.padStart(places + 1, "0")
    return places === 0 ? drawn : `${padded.slice(0, -places)}.${padded.slice(-places)}`
  }

  #digest(): Buffer {
    return createHash("sha256").update(this.#path).digest()
  }
}

/** One output of Chris Doty-Humphrey's sfc32, after the usual warming up. */
function sfc32(seed: Buffer): number {
  let a = seed.readUInt32LE(0)
  let b = seed.readUInt32LE(4)
  let c = seed.readUInt32LE(8)
  let counter = seed.readUInt32LE(12)
  let output = 0
  for (let round = 0; round < 15; round++) {
    output = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + output) | 0
  }
  return output >>> 0
}
