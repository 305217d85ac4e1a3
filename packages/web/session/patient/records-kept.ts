import type { OwnHistory, SourceLine } from "@aceso/client"
import type { Lines } from "./records-shown.ts"

/** What was read last, and stays here: a page gets of it what it shows. */
export interface Kept {
  readonly history: OwnHistory
  readonly lines: Lines
  readonly nameOf: ReadonlyMap<SourceLine, string>
  readonly organisations: Readonly<Record<string, string>>
}
