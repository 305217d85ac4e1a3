import { searchOf as searchIn } from "@aceso/client"
import { messageOf } from "@aceso/core"
import { UsageError } from "./session.ts"

/** A search as the node takes it. @throws UsageError */
export function searchOf(text: string | boolean | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return searchIn(String(text))
  } catch (cause) {
    throw new UsageError(`--search: ${messageOf(cause)}`, { cause })
  }
}
