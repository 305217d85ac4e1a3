import { type GrantPreview, isCovered, type Relation } from "@aceso/client"
import { type DocumentSummary, PlatformError } from "@aceso/core"
import { entryOf, inLanguage, permittedFor, standingRelations } from "@aceso/core/display/index.ts"
import { ask } from "../asking.ts"
import { fit } from "../columns.ts"
import { localTime } from "../output.ts"
import { oneSpace } from "../readable.ts"
import { type Session, UsageError } from "../session.ts"

/** What is about to be signed, and what it opens today, in the words that a patient reads before. */
interface Terms {
  readonly grantee: string
  readonly purpose: string
  readonly classes: readonly string[]
  readonly until: number
  readonly dataFrom?: string
  readonly dataTo?: string
  readonly records?: readonly string[]
}

const PURPOSES = inLanguage(permittedFor, "en")

/** FHIR types and dates in words, and single records as a consent names them. */
export function whatIn(
  classes: readonly string[],
  from?: string,
  to?: string,
  records: readonly string[] = [],
): string {
  const kinds = classes.length > 0 ? `only ${classes.join(", ")}` : "everything"
  const one = records.length === 1 ? "only the one record" : `only the ${records.length} records`
  const of = classes.length > 0 ? ` if of type ${classes.join(", ")}` : ""
  const what = records.length > 0 ? `${one} ${records.join(", ")}${of}` : kinds
  const since = from ? ` from ${from} on` : ""
  return `${what}${since}${to ? ` up to ${to}` : ""}`
}

/** Whom a document in force permits or denies what, for what, and until when. */
export function consentWords(one: DocumentSummary): string {
  const { type, grantees, purposes, classes, records, from, to, hasMore, until } = one
  const isPermit = type === "permit"
  const who = grantees.length > 0 ? grantees.join(", ") : isPermit ? "whom it does not name" : "anybody"
  const reasons = purposes.length > 0 ? purposes.map(purposeText).join(", ") : "any purpose"
  return (
    `${who} may ${isPermit ? "" : "not "}read ${whatIn(classes, from, to, records)}${hasMore ? ", with more conditions" : ""}, ` +
    `for ${reasons}, ${until === "" ? "without an end" : `until ${endText(until)}`}`
  )
}

/** A FHIR time as it stands in a document; moments as everywhere here. */
const endText = (until: string): string =>
  until.includes("T") && !Number.isNaN(Date.parse(until)) ? localTime(Date.parse(until)) : until

const purposeText = (code: string): string => {
  const words = entryOf(PURPOSES, code)
  return words === undefined ? code : `${words} (${code})`
}

/**
 * What is about to be signed at one custodian, what it opens, and what stands there already; or why there is nothing.
 * @param isAnswer a request is approved by it, which is signed all the same
 */
export function sentenceOf(
  terms: Terms,
  preview: GrantPreview,
  { isAnswer }: { readonly isAnswer: boolean } = { isAnswer: false },
): string {
  const { grantee, purpose, classes, until, dataFrom, dataTo, records: named } = terms
  const { custodian, records, opened, together, earlier, standing } = preview
  if (custodian === grantee)
    return `At ${custodian} there is nothing to sign: it made these records, and reads them without your consent.`
  if (isCovered(standing))
    return `At ${custodian} that is open already, and ${isAnswer ? "only the answer to the request is signed" : "there is nothing to sign"}.${standingWords(preview)}`
  const count = `${opened} of your ${records} ${records === 1 ? "record" : "records"} of today`
  const before =
    earlier === 0
      ? ""
      : ` and ${earlier} earlier or deleted ${earlier === 1 ? "version" : "versions"} of your records`
  const all = together > opened ? `; with your other consents ${together}` : ""
  return (
    `At ${custodian}, ${grantee} may read ${whatIn(classes, dataFrom, dataTo, named)}, ` +
    `for ${purposeText(purpose)}, until ${localTime(until)} (${howLong(until - Date.now())}): ${count}${before}${all}.${standingWords(preview)}`
  )
}

/** Documents in force that are told one by one. */
const MAX_STANDING = 5

const RELATIONS: Readonly<Record<Relation, string>> = inLanguage(standingRelations, "en")

/** What is in force for the same grantee, or against it, each with its id and its end. */
function standingWords({ standing, closed }: GrantPreview): string {
  const told = standing.slice(0, MAX_STANDING).map(({ relation, document }) => {
    const closes = relation === "denies" ? `; denials close ${closed} of these records` : ""
    return ` ${RELATIONS[relation]}: consent ${document.id.slice(0, 12)}, ${consentWords(document)}${closes}.`
  })
  const left = standing.length - told.length
  return told.join("") + (left > 0 ? ` And ${left} more; see aceso requests.` : "")
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [365.2425 * DAY_MS, "year"],
  [DAY_MS, "day"],
  [HOUR_MS, "hour"],
  [60_000, "minute"],
]

/** A time from now in words, rounded, in the largest unit of which there are two. @param ms */
export function howLong(ms: number): string {
  const [size, unit] = UNITS.find(([size]) => ms >= 1.99 * size) ?? [60_000, "minute"]
  const count = Math.max(1, Math.round(ms / size))
  return `for ${count.toLocaleString("en-US")} ${unit}${count === 1 ? "" : "s"}`
}

/** Whether the words can be asked about: without a terminal only a --yes signs. @throws UsageError */
export function mustBeAskable(isYes: boolean): void {
  if (!isYes && !process.stdin.isTTY)
    throw new UsageError("without a terminal nobody can be asked whether to sign: add --yes")
}

export function tell(session: Session, sentences: readonly string[]): void {
  // What custodians show of other documents stands in them.
  for (const sentence of sentences) session.progress(fit(`  ${oneSpace(sentence)}`))
}

/** Says what is about to be signed, and asks. @throws PlatformError `not_signed` */
export async function mustAgree(
  session: Session,
  sentences: readonly string[],
  isYes: boolean,
): Promise<void> {
  tell(session, sentences)
  if (isYes) return
  if (!/^y(es)?$/i.test(await ask("  Sign this? Type yes: ", "nothing was signed")))
    throw new PlatformError("not_signed", "nothing was signed, and nothing has changed")
}

export const YES = { type: "boolean", words: "sign without being asked" } as const
