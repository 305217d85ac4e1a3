import { STATUS } from "./marks.table.ts"
import type { MarkKey } from "./words.ts"

/** SNOMED CT qualifiers as sources write them into a status; null: nothing has to be said. */
const SNOMED: Readonly<Record<string, MarkKey | null>> = {
  "410516002": "refuted", // known absent
  "410594000": "refuted", // definitely not present
  "410515003": null, // known present
  "410605003": null, // confirmed present
  "410592001": "suspected", // probably present
  "410590009": "suspected", // known possible
  "415684004": "suspected",
  "55561003": null, // active
  "73425007": "inactive",
  "413322009": "resolved",
  "277022003": "remission",
  "263855007": "relapse",
  "89925002": "cancelled",
  "385660001": "not-done",
}

/** What people and other code systems write for a status, in small letters; null: nothing has to be said. */
const WORDS: Readonly<Record<string, MarkKey | null>> = {
  error: "entered-in-error",
  erroneous: "entered-in-error",
  "in error": "entered-in-error",
  "recorded in error": "entered-in-error",
  nullified: "entered-in-error",
  "ruled out": "refuted",
  "rule out": "suspected",
  excluded: "refuted",
  disproved: "refuted",
  disproven: "refuted",
  "known absent": "refuted",
  absent: "refuted",
  "not present": "refuted",
  "definitely not present": "refuted",
  "not confirmed": "unconfirmed",
  unverified: "unconfirmed",
  "not verified": "unconfirmed",
  unproven: "unconfirmed",
  suspicion: "suspected",
  possible: "suspected",
  probable: "suspected",
  likely: "suspected",
  presumed: "suspected",
  presumptive: "suspected",
  "known possible": "suspected",
  "probably present": "suspected",
  working: "provisional",
  "working diagnosis": "provisional",
  "differential diagnosis": "differential",
  "known present": null,
  "confirmed present": null,
  "definitely present": null,
  present: null,
  verified: null,
  proven: null,
  definite: null,
  certain: null,
  current: null,
  ongoing: null,
  "not active": "inactive",
  "no longer active": "inactive",
  past: "inactive",
  historical: "inactive",
  "in remission": "remission",
  cured: "resolved",
  healed: "resolved",
  recovered: "resolved",
  over: "ended",
  discontinued: "stopped",
  "not performed": "not-done",
  "not given": "not-done",
  held: "on-hold",
  obsolete: "superseded",
  done: null,
  complete: null,
  ausgeschlossen: "refuted",
  verdacht: "suspected",
  "verdacht auf": "suspected",
  verdachtsdiagnose: "suspected",
  unbestätigt: "unconfirmed",
  gesichert: null,
  bestätigt: null,
  aktiv: null,
  inaktiv: "inactive",
  abgeklungen: "resolved",
  behoben: "resolved",
  geheilt: "resolved",
  irrtümlich: "entered-in-error",
  descartado: "refuted",
  confirmado: null,
  activo: null,
  inactivo: "inactive",
  resuelto: "resolved",
  infirmé: "refuted",
  réfuté: "refuted",
  confirmé: null,
  actif: null,
  inactif: "inactive",
  résolu: "resolved",
  排除: "refuted",
  已排除: "refuted",
  疑似: "suspected",
  确诊: null,
  已确诊: null,
  确认: null,
  活动: null,
  活动期: null,
  治愈: "resolved",
  已治愈: "resolved",
  痊愈: "resolved",
  缓解: "remission",
  错误录入: "entered-in-error",
  已取消: "cancelled",
}

/** `entered-in-error`, `Entered_in_error`, `EnteredInError` and `Entered in error (qualifier value)` are one. */
const plain = (text: string): string =>
  text
    .normalize("NFC")
    .replace(/\s*\((?:qualifier value|finding|situation|disorder)\)\s*$/i, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/[\s_-]+/g, " ")
    .replace(/^ | ?[.!]?$/g, "")
    .toLowerCase()

const KNOWN = new Map<string, MarkKey | null>([
  ...Object.entries(WORDS),
  ...Object.entries(STATUS).map(([code, key]): [string, MarkKey | null] => [plain(code), key]),
])

/** Longer than any status that is known. */
const MAX_WORDS = 60

/** By a code or by words. @returns null: it is as one would think; undefined: nobody here can read it */
export const statusKey = (text: string): MarkKey | null | undefined =>
  text.length > MAX_WORDS ? undefined : KNOWN.get(plain(text))

export const snomedKey = (code: string): MarkKey | null | undefined =>
  Object.hasOwn(SNOMED, code) ? SNOMED[code] : undefined

/** Whether that is the word for "completed". */
export const isCompleted = (text: string): boolean => ["completed", "complete", "done"].includes(plain(text))
