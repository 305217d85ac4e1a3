import type { Tour } from "./tour.ts"

/** A text in both languages of the pages. */
export interface Both {
  readonly en: string
  readonly zh: string
}

/** A line of City Hospital's log about the tours' patient. */
export interface Logged {
  readonly n: number
  readonly requester: string
  readonly what: "read" | "denied" | "changed" | "other"
  /** Of a change: `grant`, `restrict`, `revoke`. */
  readonly reason: string
  /** ms */
  readonly at: number
}

/** What a demo's nodes say now, by which a step is seen to be done. */
export interface GuideLook {
  /** Whether this tour was told at that time. @param at ms */
  isOurs(at: number): boolean
  /** Of the time in which it was told, oldest first. */
  log(): Promise<readonly Logged[]>
  /** Whether a consent that the patient signed meanwhile permits the member something at City Hospital now. */
  permits(member: string): Promise<boolean>
  /** Requests that wait for the patient at City Hospital. */
  openRequests(): Promise<number>
  /** Whether the visit that lies in City Hospital's inbox was imported. */
  isImported(): Promise<boolean>
  isTampered(): Promise<boolean>
  /** The patient's newest case of a process that was opened meanwhile, with the steps that were taken. */
  newestCase(process: string): Promise<{ readonly id: string; readonly steps: readonly string[] } | undefined>
  /** What the ledger has of a publication; undefined: nothing. `at`: block time, ms. */
  publication(
    member: string,
    slug: string,
  ): Promise<{ readonly version: number; readonly isOpen: boolean; readonly at: number } | undefined>
  /** The version that a node hands out; undefined: none. */
  copyAt(node: string, member: string, slug: string): Promise<number | undefined>
  /** When an earlier step was first seen done, ms, and what it said then. */
  seen(step: string): { readonly at: number; readonly mark?: string } | undefined
}

export interface GuideStep {
  readonly id: string
  readonly title: Both
  /** Somebody of the demo. */
  readonly who: string
  /** What to click, and as what it is shown. */
  readonly does: Both
  /** In one sentence, what was just proven. */
  readonly proves: Both
  /** The page on which it is done, behind `#`; absent: no page can do it. */
  readonly page?: (look: GuideLook) => string | Promise<string>
  /** What is to be typed, each with its name. */
  readonly typed?: readonly { readonly what: Both; readonly value: string }[]
  /** Whether it has happened, or what a later step needs to know of that; absent: looking leaves no trace. */
  readonly isDone?: (look: GuideLook) => Promise<boolean | string>
  /** Command lines by which the demo does it for somebody. @param scratch a folder for what they write */
  readonly lines?: (place: {
    readonly folder: string
    readonly scratch: string
  }) => readonly (readonly string[])[]
}

/** A tour told in the pages. */
export interface Guide extends Pick<Tour, "name" | "takeBack"> {
  readonly title: Both
  readonly summary: Both
  readonly steps: readonly GuideStep[]
}
