import { hash32, type Infer, list, nullable, object, oneOf, optional, text, uint } from "@aceso/core"
import { personName } from "./staff-schemas.ts"

/** What a setting's value looks like in JSON is cut off after this many characters. */
export const MAX_VALUE_SHOWN = 500

const name = text(64, /^[a-z][A-Za-z]*$/)

/** A setting of node.json. */
export const settingShown = object({
  name,
  /** `whole number` and `yes or no` alone can be changed here; an `object` is shown as JSON, cut off. */
  kind: oneOf("whole number", "yes or no", "text", "object"),
  /** By which the node works now, as JSON; absent: it is not set, and has no default. */
  value: optional(text(MAX_VALUE_SHOWN + 1)),
  /** What node.json says where that is something else, as JSON. */
  inFile: optional(text(MAX_VALUE_SHOWN + 1)),
  /** As JSON, where there is one. */
  default: optional(text(64)),
  /** From when on a change counts: `now` alone can be changed here. */
  change: oneOf("now", "restart", "environment"),
  least: optional(uint()),
  most: optional(uint()),
})
export type SettingShown = Infer<typeof settingShown>

export const settingsAnswer = object({
  /** SHA-256 of node.json as it is: a change names it. */
  base: hash32,
  settings: list(settingShown, 64),
})
export type SettingsAnswer = Infer<typeof settingsAnswer>

export const settingQuestion = object({
  base: hash32,
  name: text(64),
  /** JSON: a whole number, true or false. */
  value: text(20),
})
export type SettingQuestion = Infer<typeof settingQuestion>

export const MAX_CHANGES_PAGE = 100

/** A change that was made by the page. */
export const settingChange = object({
  n: uint(),
  /** ms */
  at: uint(),
  /** Who made it. */
  by: personName,
  name,
  /** What held before, as JSON. */
  from: optional(text(MAX_VALUE_SHOWN + 1)),
  to: text(20),
})
export type SettingChange = Infer<typeof settingChange>

/** `before`: the number at which the page before ended; null: from the newest on. */
export const settingChangesQuestion = object({ before: nullable(uint()), limit: uint(MAX_CHANGES_PAGE) })
export const settingChangesAnswer = object({
  /** Newest first. */
  changes: list(settingChange, MAX_CHANGES_PAGE),
  /** Where to go on; absent: nothing is left. */
  next: optional(uint()),
})
export type SettingChangesAnswer = Infer<typeof settingChangesAnswer>
