import {
  className,
  type Infer,
  list,
  nullable,
  object,
  optional,
  purpose,
  text,
  uint,
  wantedCode,
} from "@aceso/core"
import { MAX_MARKS, MAX_TITLE, MAX_VALUE } from "@aceso/core/display/index.ts"
import { mark } from "./history-schemas.ts"

/** A page is at most this long. */
export const MAX_LOOK_UP_PAGE = 200

/** Records of own patients. `alias`: of one, and of those joined with it; absent: of all, and then by a code. */
export const lookUpQuestion = object({
  purpose,
  alias: optional(text(64)),
  type: className,
  code: optional(wantedCode),
  /** ms, half-open: what can have been so within. */
  from: optional(uint()),
  to: optional(uint()),
  limit: uint(MAX_LOOK_UP_PAGE),
  /** The `next` of the page before. */
  after: optional(text(64)),
})
export type LookUpQuestion = Infer<typeof lookUpQuestion>
/** What records are looked for, and what for. */
export type LookUpWish = Pick<LookUpQuestion, "type"> & Partial<LookUpQuestion>

export const lookUpAnswer = object({
  /** Newest first; without a time last. */
  records: list(
    object({
      alias: text(64),
      /** In the record log of that patient. */
      index: uint(),
      /** Type/id */
      reference: text(200),
      /** As a timeline has them. */
      time: nullable(uint()),
      timeText: optional(text(64)),
      title: text(MAX_TITLE),
      marks: list(mark, MAX_MARKS),
      value: optional(text(MAX_VALUE)),
    }),
    MAX_LOOK_UP_PAGE,
  ),
  /** Where to go on; absent: there are no more. */
  next: optional(text(64)),
  /** Entries whose records' keys were erased: what they were nobody knows any more. */
  erased: uint(),
})
export type LookUpAnswer = Infer<typeof lookUpAnswer>
export type FoundShown = LookUpAnswer["records"][number]
