import {
  accessWish,
  bool,
  bytes,
  card,
  type Disclosed,
  disclosed,
  documentName,
  handle,
  hash32,
  type Infer,
  list,
  MAX_CARD_STATEMENTS,
  MAX_PENDING_CHANGES,
  memberId,
  nullable,
  object,
  oneOf,
  optional,
  payloadId,
  signature64,
  text,
  uint,
} from "@aceso/core"
import { MAX_IMPORT_BYTES } from "./importing/limits.ts"

/** A page is at most this long. */
export const MAX_PATIENTS_PAGE = 500
/** Patients of the node itself. `alias`: that one alone; `search`: names, a birth date, a record number. */
export const patientsQuestion = object({
  alias: optional(text(64)),
  search: optional(text(200)),
  /** The number from behind which the page begins. */
  after: uint(),
  limit: uint(MAX_PATIENTS_PAGE),
})
export type PatientsQuestion = Infer<typeof patientsQuestion>
/** What staff sees of a patient. From `name` on: as the newest Patient resource says; absent: it does not, or is damaged. */
export const shownPatient = object({
  number: uint(),
  alias: text(64),
  handle,
  fhirId: text(64),
  hasKey: bool(),
  records: uint(),
  name: optional(text(200)),
  birthDate: optional(text(20)),
  sex: optional(text(20)),
  recordNumber: optional(text(100)),
})
export type ShownPatient = Infer<typeof shownPatient>
export const patientsAnswer = object({
  patients: list(shownPatient, MAX_PATIENTS_PAGE),
  /** Where to go on; absent: nobody is left. A search may have found nobody on its way there. */
  next: optional(uint()),
})
export type PatientsAnswer = Infer<typeof patientsAnswer>

export const duplicatesQuestion = object({ after: uint(), limit: uint(MAX_PATIENTS_PAGE) })
export const duplicatesAnswer = object({
  duplicates: list(
    object({
      number: uint(),
      first: shownPatient,
      second: shownPatient,
      reasons: list(text(32), 16),
      foundAt: uint(),
    }),
    MAX_PATIENTS_PAGE,
  ),
  next: optional(uint()),
})
export type DuplicatesAnswer = Infer<typeof duplicatesAnswer>

export { MAX_IMPORT_BYTES }

/** One input; names of files and sources stand here, in the signed body, and in no URL. */
export const importQuestion = object({
  /** How messages name the input, such as a file's name. */
  where: text(200),
  /** Where it comes from: ids in it mean that source's. 32 bytes that say nothing else. */
  source: optional(bytes(32)),
  /** The input is lines of one resource each (NDJSON): the number of the first of them in its file. */
  firstLine: optional(uint()),
  /**
   * The import whose part it is: SHA-256 over all its files in their order, where in it this input stands, and when it is
   * sent, which is later for what is sent once more. What its own files have overtaken is not stored again when the very
   * same import comes again.
   */
  run: optional(object({ name: bytes(32), position: uint(), takenAt: uint() })),
  /** FHIR R4 JSON, plain or gzip. */
  input: bytes(0, MAX_IMPORT_BYTES),
})
export type ImportQuestion = Infer<typeof importQuestion>

export const importAnswer = object({
  resources: uint(),
  patients: uint(),
  duplicates: uint(),
  /** Pairs of patients that may be one, and were not listed as such before. */
  possibleDuplicates: uint(),
  existing: uint(),
  unchanged: uint(),
  /** Resources whose source's id means something else here, so that they stand beside that under another one. */
  renamed: uint(),
  refused: list(object({ where: text(500), reason: text(64), detail: text(2000) }), 100_000),
  /** Resources that belong to nobody here, and what they name instead. */
  unfiled: list(object({ where: text(500), resource: text(200), reference: text(500) }), 100_000),
  /** Resources that belonged to nobody here, and stand with their patients now. */
  filed: list(object({ resource: text(200), reference: text(500) }), 100_000),
  /** Versions that were left out: their source changed the resource later, as what came from it before says. */
  older: list(object({ where: text(500), resource: text(200), saidAt: text(30), newer: text(30) }), 100_000),
  unresolved: list(text(500), 100_000),
  /** How long the lists are as a whole: an answer has so much of each as it can carry. */
  counts: object({ refused: uint(), unfiled: uint(), filed: uint(), older: uint(), unresolved: uint() }),
})
export type ImportAnswer = Infer<typeof importAnswer>

export const unfiledQuestion = object({ after: uint(), limit: uint(MAX_PATIENTS_PAGE) })
export const unfiledAnswer = object({
  unfiled: list(
    object({
      number: uint(),
      where: text(500),
      resource: text(200),
      reference: text(500),
      foundAt: uint(),
    }),
    MAX_PATIENTS_PAGE,
  ),
  /** Where to go on; absent: nothing is left. */
  next: optional(uint()),
})
export type UnfiledAnswer = Infer<typeof unfiledAnswer>

/** What was logged, so that whoever it is answered to can check that: with a denial, and for a policy change. */
export const disclosedAnswer = disclosed
export type DisclosedAnswer = Disclosed

/** A card, what is asked with it, and the practitioner's word for each of its statements, in their order. */
export const accessQuestion = object({
  card,
  wish: accessWish,
  words: list(object({ requestId: bytes(16), time: uint(), signature: signature64 }), MAX_CARD_STATEMENTS, 1),
})
export const accessOutcome = object({
  custodian: memberId,
  outcome: oneOf("permitted", "pending", "failed"),
  code: text(64),
  detail: text(2000),
  requestId: bytes(16),
})
export const accessAnswer = object({
  outcomes: list(accessOutcome, MAX_CARD_STATEMENTS),
  /** The alias of the person whose card it is. */
  visitor: text(64),
  /** Aliases of visitors that turned out to be this person. */
  folded: list(text(64), MAX_CARD_STATEMENTS),
})
export type AccessAnswer = Infer<typeof accessAnswer>

const place = object({ custodian: memberId, handle })
export const visitor = object({
  alias: text(64),
  /** ms */
  since: uint(),
  places: list(place, MAX_CARD_STATEMENTS),
  /** Aliases that were folded into this one. */
  also: list(text(64), MAX_CARD_STATEMENTS),
  /** Where consents of theirs are in force by the copies that are held here, and when (ms) the last of them ends; null: never. */
  consents: list(object({ custodian: memberId, until: nullable(uint()) }), MAX_CARD_STATEMENTS),
  /** The alias as a patient of this organisation, where they are one alone; told of one visitor, and to whoever looks people up. */
  own: optional(text(64)),
})
export type VisitorShown = Infer<typeof visitor>
/** A page in the order of aliases. `after`: the `next` of the page before; 0: the first page. */
export const visitorsQuestion = object({ after: uint(), limit: uint(500) })
/** `next` null: this was the last page. */
export const visitorsAnswer = object({ visitors: list(visitor, 500), next: nullable(uint()) })
export type VisitorsAnswer = Infer<typeof visitorsAnswer>
/** The alias of the visitor whose copies these are. */
export const consentsAnswer = object({ alias: text(64) })
export const visitorQuestion = object({ alias: text(64) })
export const visitorAnswer = object({ visitor: nullable(visitor) })
export const okAnswer = object({ ok: bool() })
/** So many are told at once; the others when these have come. */
export const MAX_LACKING = 64
/** What people have written in a case, and whoever is asked does not have. */
export const lackingAnswer = object({
  documents: list(object({ n: uint(), name: documentName }), MAX_LACKING),
})
/** How far the vault's handles and records are on the ledger. */
export const commitAnswer = object({
  /** Everything is there, except what the ledger refused. */
  isDone: bool(),
  waiting: uint(),
  /** Codes of what the ledger refused. */
  refused: list(text(64), 100),
  /** Age of the newest block, ms. */
  blockAgeMs: uint(),
})
export type CommitAnswer = Infer<typeof commitAnswer>
export const retryAnswer = object({ retried: uint() })
/** Policy changes that expired before the ledger had them, signed anew, oldest first. */
export const renewalQuestion = object({ handle, envelopes: list(bytes(1, 262_144), MAX_PENDING_CHANGES, 1) })
export const blocksAnswer = object({ blocks: list(bytes(1, 64 * 2 ** 20), 1000), height: uint() })
export const tamperAnswer = object({ before: text(100), after: text(100), resource: text(200) })

export const proposeAnswer = object({
  proposal: hash32,
  /** `without_effect`: it passed, and had become impossible meanwhile. */
  outcome: oneOf("open", "passed", "rejected", "without_effect"),
  payloadId,
  height: uint(),
})
export const proposal = object({
  id: hash32,
  proposer: memberId,
  /** The CBOR of each change, as the governance contract knows it. */
  changes: list(bytes(1, 65_536), 64, 1),
  voters: list(memberId, 1000),
  yes: list(memberId, 1000),
  no: list(memberId, 1000),
  openedAt: uint(),
  lapsesAt: uint(),
  status: oneOf("open", "passed", "rejected", "lapsed"),
})
export type Proposal = Infer<typeof proposal>
/** `begins`: how an id begins, in hexadecimal. */
export const proposalsQuestion = object({ all: bool(), begins: optional(text(64, /^[0-9a-f]+$/)) })
export const proposalsAnswer = object({ proposals: list(proposal, 1000) })
const contractVersions = list(object({ contract: text(64), version: uint(10_000), sources: hash32 }), 1000)
/** All versions that a release executes. */
export const releaseVersionsAnswer = object({ versions: contractVersions })
export type ReleaseVersionsAnswer = Infer<typeof releaseVersionsAnswer>
/** Versions that a ballot may activate; `height`: the newest block. */
export const versionsAnswer = object({
  versions: contractVersions,
  height: uint(),
})
export type VersionsAnswer = Infer<typeof versionsAnswer>
export const forkQuestion = object({ height: uint(), member: memberId })
export const forkAnswer = object({ evidence: bytes(1, 2 ** 20) })
export const reportAnswer = object({
  custodian: memberId,
  says: text(2000),
  evidence: hash32,
  payloadId,
  height: uint(),
})
