import { type Handle, toHex } from "@aceso/core"
import type { Reader } from "../readings/reading-event.ts"

/** A doctor of the own staff who looks. */
export const READER: Reader = {
  ...{ key: new Uint8Array(32).fill(0xaa), name: "Dr. Chen", role: "doctor" },
  ...{ purpose: "TREAT", what: "history" },
}

/** Where looks are noted in tests: what was noted, as `what handle`. */
export function notedLooks() {
  const all: string[] = []
  return {
    all,
    async note(handles: readonly Handle[], { what }: Reader) {
      all.push(...handles.map((handle) => `${what} ${toHex(handle)}`))
    },
  }
}
