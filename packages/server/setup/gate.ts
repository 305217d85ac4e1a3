import { createHash, timingSafeEqual } from "node:crypto"
import { newPairingCode, PlatformError, randomBytes, readPairingCode, toHex } from "@aceso/core"

/** So many wrong ones end the process. */
export const MAX_WRONG = 5

/**
 * Who may use the page of the first start: whoever sees the terminal. A code that is made there lets one tab in, once;
 * what that tab then shows with each call is in no file and no URL, and holds until the next code is used.
 */
export class Gate {
  private code: string | undefined
  private token: string | undefined
  private wrong = 0
  /** Nobody comes in any more. */
  isShut = false

  /** In place of the one before, whether or not that was used. */
  newCode(): string {
    this.code = newPairingCode()
    this.wrong = 0
    return this.code
  }

  /** @throws PlatformError `unknown_code`, `code_used`, `code_guessed` */
  enter(typed: string): string {
    if (this.isShut) throw guessed()
    if (this.code === undefined)
      throw new PlatformError(
        "code_used",
        "this code was used already, and lets one tab in; press Enter in the terminal for another one",
      )
    // What is no code at all is a wrong one too: whoever guesses has no tries for nothing.
    if (!isSame(readPairingCode(typed) ?? "", this.code)) {
      if (++this.wrong >= MAX_WRONG) {
        this.isShut = true
        throw guessed()
      }
      throw new PlatformError(
        "unknown_code",
        `this is not the code that stands in the terminal; after ${MAX_WRONG} wrong ones the process ends`,
      )
    }
    this.code = undefined
    this.token = toHex(randomBytes(32))
    return this.token
  }

  /** @throws PlatformError `setup_elsewhere` */
  mustBeIn(shown: string | undefined): void {
    if (this.token !== undefined && shown !== undefined && isSame(shown, this.token)) return
    throw new PlatformError(
      "setup_elsewhere",
      "this tab is not let in, or another one came after it; press Enter in the terminal for a code, and type it here",
    )
  }
}

const guessed = () =>
  new PlatformError(
    "code_guessed",
    `${MAX_WRONG} wrong codes were typed, so the process has ended, and nothing was changed; start it again for another code`,
  )

/** In the same time whatever they have in common. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
