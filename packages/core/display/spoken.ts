import { english, type Tongue } from "./tongue.ts"
import type { Words } from "./words.ts"

export { english, type Tongue } from "./tongue.ts"

/**
 * The language in which something is being said. Everything here is said at once, without waiting for anything, so one
 * language holds from the call that named it to its end, and no function between has to hand it on.
 */
export let tongue: Tongue = english
export let words: Words = english.words

/** @param say must not be asynchronous */
export function spokenIn<T>(language: Tongue, say: () => T): T {
  const before = tongue
  tongue = language
  words = language.words
  try {
    return say()
  } finally {
    tongue = before
    words = before.words
  }
}
