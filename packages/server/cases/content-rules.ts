import { type Bytes, PlatformError } from "@aceso/core"
import { Refusal } from "../modules/refusal.ts"
import type { CaseNow } from "./case-now.ts"
import type { DocumentAt } from "./documents.ts"

/** A document whose commitment and signature hold, before it is kept or sent. */
export interface Arriving {
  readonly found: CaseNow
  readonly at: DocumentAt
  /** The party whose step commits it. */
  readonly party: string
  readonly content: Bytes
}

/** @throws PlatformError where the content is not one that this process has */
export type ContentRule = (arriving: Arriving) => Promise<void> | void

/** What capabilities ask of the documents of their processes, beside that they are what was committed. */
export class ContentRules {
  private readonly rules = new Map<string, ContentRule>()

  /** @throws Error where the process has one already */
  add(process: string, rule: ContentRule): void {
    if (this.rules.has(process))
      throw new Error(`two capabilities have rules for the documents of ${process}`)
    this.rules.set(process, rule)
  }

  /** @throws Refusal, with the rule's own code */
  async mustHold(arriving: Arriving): Promise<void> {
    try {
      await this.rules.get(arriving.found.process.name)?.(arriving)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      throw new Refusal(error.code, error.message, { cause: error })
    }
  }
}
