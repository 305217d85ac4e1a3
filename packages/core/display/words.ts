import { askedFor, inLanguage } from "./access-words.ts"

/** What a mark says before a title, the gravest first. Another language is another table of the same keys (`chinese-marks.ts`). */
export const marks = {
  "entered-in-error": "ENTERED IN ERROR",
  refuted: "REFUTED",
  /** Its subject is not the patient whose history it stands in. */
  "somebody-else": "ABOUT SOMEBODY ELSE",
  "do-not-perform": "DO NOT PERFORM",
  "not-done": "NOT DONE",
  "not-taken": "NOT TAKEN",
  cancelled: "CANCELLED",
  declined: "DECLINED",
  rejected: "REJECTED",
  revoked: "REVOKED",
  failed: "FAILED",
  aborted: "ABORTED",
  "no-show": "DID NOT COME",
  /** A modifierExtension: what it changes is not known here (FHIR R4 2.4.0.1). */
  modifier: "CHANGED BY A MODIFIER NOT UNDERSTOOD HERE",
  "none-known": "NONE KNOWN",
  "no-information": "NO INFORMATION",
  absent: "ABSENT",
  negative: "NEGATIVE",
  no: "NO",
  "family-history": "FAMILY HISTORY",
  differential: "DIFFERENTIAL",
  provisional: "PROVISIONAL",
  unconfirmed: "UNCONFIRMED",
  suspected: "SUSPECTED",
  preliminary: "PRELIMINARY",
  partial: "PARTIAL",
  potential: "POTENTIAL",
  risk: "RISK",
  reported: "REPORTED, NOT RECORDED BY WHO DID IT",
  subpotent: "SUBPOTENT",
  goal: "GOAL",
  draft: "DRAFT",
  proposed: "PROPOSED",
  recommended: "RECOMMENDED",
  planned: "PLANNED",
  option: "OPTION",
  ordered: "ORDERED",
  booked: "BOOKED",
  waiting: "WAITING",
  registered: "REGISTERED, NO RESULT YET",
  preparation: "IN PREPARATION",
  intended: "INTENDED",
  "in-progress": "IN PROGRESS",
  "on-hold": "ON HOLD",
  stopped: "STOPPED",
  completed: "COMPLETED",
  ended: "ENDED",
  resolved: "RESOLVED",
  remission: "IN REMISSION",
  inactive: "INACTIVE",
  recurrence: "RECURRENCE",
  relapse: "RELAPSE",
  superseded: "SUPERSEDED",
  unavailable: "UNAVAILABLE",
  unsatisfactory: "UNSATISFACTORY",
  amended: "AMENDED",
  corrected: "CORRECTED",
  appended: "APPENDED",
  "status-unknown": "STATUS UNKNOWN",
  /** A status that no table here has; `of` says which. */
  status: "STATUS",
  /** Beside another mark: the same element says, in `of`, what contradicts it. */
  also: "BUT ALSO SAID TO BE",
  /** It cannot be read, or not to its end: the entry stands where its beginning says. */
  "time-unclear": "TIME UNCLEAR",
} as const
export type MarkKey = keyof typeof marks
export const MARK_KEYS = Object.keys(marks) as [MarkKey, ...MarkKey[]]

/** What changes how a title is to be read; `of`: whose, or which. */
export interface Mark {
  readonly key: MarkKey
  readonly of?: string
}

/** With whose or which. */
export function englishMark({ key, of }: Mark): string {
  if (of === undefined) return marks[key]
  return key === "family-history" ? `${marks[key]} of ${of}` : `${marks[key]} ${of}`
}

/** Words between values. Another language is another table of the same keys (`chinese.ts`). */
export const englishWords = {
  absent: "no value",
  age: "age",
  also: "also",
  atLeast: "from",
  asNeeded: "as needed",
  asNeededFor: "as needed for",
  attachment: "attachment",
  beside: "beside",
  born: "born",
  bytes: "bytes",
  colon: ": ",
  contributedToDeath: "contributed to death",
  and: "and",
  /** A record whose content nobody has, by its place in the log. */
  closed: "record {n}, whose content cannot be shown",
  columns: "text in columns, see the record",
  /** In a table, in place of a cell that is one with the cell beside it, or above it. */
  spanLeft: "(one cell with the left)",
  spanUp: "(one cell with the above)",
  unclearTable: "table whose columns are not certain",
  tableApart: "table whose columns are not certain, see the record",
  cut: "{n} more characters, see the record",
  deleted: "a record that was deleted",
  died: "died",
  dimensions: "dimensions",
  empty: "(empty)",
  factor: "factor",
  for: "for",
  from: "from",
  gone: "TAKEN OFF THE LIST",
  inactive: "inactive",
  contained: "contains",
  formerly: "formerly",
  limits: "limits",
  maxDose: "at most",
  medication: "Medication",
  no: "false",
  noBirthDate: "birth date not recorded",
  noCode: "no code",
  noDrug: "drug not named here",
  noName: "name not recorded",
  noSex: "sex not recorded",
  unanswered: "questions without an answer",
  unansweredOne: "question without an answer",
  unnamed: "without a name here",
  notes: "note",
  notShown: "which are not shown here",
  origin: "origin",
  per: "per",
  perAdministration: "per administration",
  perLifetime: "per lifetime",
  perPeriod: "per period",
  period: "period",
  personName: "name",
  pictures: "pictures",
  points: "points",
  rank: "rank",
  rate: "rate",
  reference: "reference range",
  rest: "that this view does not show",
  restOne: "element more",
  restSeveral: "elements more",
  sampled: "sampled data",
  section: "section",
  selected: "chosen by a person",
  site: "at",
  sequence: "step",
  temporarily: "temporarily",
  times: "×",
  total: "times in all",
  to: "to",
  until: "until",
  upTo: "up to",
  version: "version",
  yes: "true",
} as const
export type Words = Readonly<Record<keyof typeof englishWords, string>>

/** Of a table what it has itself: codes come from anywhere, and `constructor` is one. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

/** Made once of each type that a table has; all others are one, and it is made of them as of "". */
export function perType<T>(
  tables: readonly Readonly<Record<string, unknown>>[],
  make: (type: string) => T,
): (type: string) => T {
  const made = new Map<string, T>()
  return (type) => {
    const name = tables.some((table) => Object.hasOwn(table, type)) ? type : ""
    const known = made.get(name) ?? make(name)
    made.set(name, known)
    return known
  }
}

/** What is asked for, in words; a code that is not here as it is. */
export const purposeWords = (code: string): string => entryOf(purposes, code) ?? code

const purposes = inLanguage(askedFor, "en")

/** Seitenlokalisation of KBV. */
export const sides = { L: "left", R: "right", B: "both sides" } as const

/** http://terminology.hl7.org/CodeSystem/data-absent-reason */
export const absentReasons = {
  unknown: "unknown",
  "asked-unknown": "asked but unknown",
  "temp-unknown": "not known yet",
  "not-asked": "not asked",
  "asked-declined": "asked but declined",
  masked: "masked",
  "not-applicable": "not applicable",
  unsupported: "unsupported",
  "as-text": "as text",
  error: "error",
  "not-a-number": "not a number",
  "negative-infinity": "negative infinity",
  "positive-infinity": "positive infinity",
  "not-performed": "not performed",
  "not-permitted": "not permitted",
} as const

/** http://hl7.org/fhir/event-timing and http://terminology.hl7.org/CodeSystem/v3-TimingEvent */
export const timings = {
  MORN: "in the morning",
  "MORN.early": "early in the morning",
  "MORN.late": "late in the morning",
  NOON: "at noon",
  AFT: "in the afternoon",
  "AFT.early": "early in the afternoon",
  "AFT.late": "late in the afternoon",
  EVE: "in the evening",
  "EVE.early": "early in the evening",
  "EVE.late": "late in the evening",
  NIGHT: "at night",
  PHS: "after going to sleep",
  HS: "before going to sleep",
  WAKE: "after waking",
  C: "at meals",
  CM: "at breakfast",
  CD: "at lunch",
  CV: "at dinner",
  AC: "before meals",
  ACM: "before breakfast",
  ACD: "before lunch",
  ACV: "before dinner",
  PC: "after meals",
  PCM: "after breakfast",
  PCD: "after lunch",
  PCV: "after dinner",
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
  s: "s",
  min: "min",
  h: "h",
  d: "day",
  wk: "week",
  mo: "month",
  a: "year",
} as const

/** http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation */
export const interpretations = {
  "<": "below the scale",
  ">": "above the scale",
  A: "abnormal",
  AA: "critically abnormal",
  B: "better",
  D: "significantly down",
  DET: "detected",
  H: "high",
  HH: "critically high",
  HU: "significantly high",
  I: "intermediate",
  IE: "insufficient evidence",
  IND: "indeterminate",
  L: "low",
  LL: "critically low",
  LU: "significantly low",
  N: "normal",
  ND: "not detected",
  NEG: "negative",
  NR: "non-reactive",
  NS: "non-susceptible",
  POS: "positive",
  R: "resistant",
  RR: "reactive",
  S: "susceptible",
  U: "significantly up",
  W: "worse",
  WR: "weakly reactive",
} as const

/** Elements of resources as labels; what is not here is its own name, split into words. */
export const labels = {
  abatement: "ended",
  derivedFrom: "from",
  detectedIssue: "issue",
  emptyReason: "empty because",
  entry: "entries",
  excludeFoodModifier: "to exclude",
  foodPreferenceModifier: "diet",
  hasMember: "with",
  clinicalStatus: "clinical status",
  conclusion: "conclusion",
  conclusionCode: "conclusion",
  doseNumber: "dose number",
  focus: "about",
  lastOccurrence: "last reaction",
  lotNumber: "lot",
  onset: "since",
  performed: "performed",
  presentedForm: "document",
  primarySource: "recorded by who did it",
  quantity: "quantity",
  reasonCode: "reason",
  result: "results",
  text: "text",
  reasonReference: "reason",
  seriesDoses: "doses in series",
  statusReason: "reason of status",
} as const
