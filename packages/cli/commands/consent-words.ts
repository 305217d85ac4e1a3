import { createInterface } from "node:readline/promises"
import { type DocumentSummary, PlatformError } from "@aceso/core"
import { entryOf } from "@aceso/core/display/index.ts"
import { fit } from "../columns.ts"
import { day } from "../output.ts"
import { type Session, UsageError } from "../session.ts"

/** What is about to be signed, and what it opens today, in the words that a patient reads before. */
interface Terms {
  readonly grantee: string
  readonly purpose: string
  readonly classes: readonly string[]
  readonly until: number
  readonly dataFrom?: string
  readonly dataTo?: string
}

const PURPOSES: Readonly<Record<string, string>> = {
  TREAT: "treatment, emergencies too",
  ETREAT: "emergency treatment",
  HPAYMT: "payment",
  HOPERAT: "running health care",
  HRESCH: "research",
}

/** FHIR types and dates in words. */
export function whatIn(classes: readonly string[], from?: string, to?: string): string {
  const what = classes.length > 0 ? `only ${classes.join(", ")}` : "everything"
  const since = from ? ` from ${from} on` : ""
  return `${what}${since}${to ? ` up to ${to}` : ""}`
}

/** Whom a document in force permits or denies what, for what, and until when. */
export function consentWords(one: DocumentSummary): string {
  const { type, grantees, purposes, classes, from, to, hasMore, until } = one
  const isPermit = type === "permit"
  const who = grantees.length > 0 ? grantees.join(", ") : isPermit ? "whom it does not name" : "anybody"
  const reasons = purposes.length > 0 ? purposes.map(purposeText).join(", ") : "any purpose"
  return (
    `${who} may ${isPermit ? "" : "not "}read ${whatIn(classes, from, to)}${hasMore ? ", with more conditions" : ""}, ` +
    `for ${reasons}, ${until === "" ? "without an end" : `until ${endText(until)}`}`
  )
}

/** A FHIR time as it stands in a document; moments as everywhere here. */
const endText = (until: string): string =>
  until.includes("T") && !Number.isNaN(Date.parse(until)) ? `${day(Date.parse(until))} UTC` : until

const purposeText = (code: string): string => {
  const words = entryOf(PURPOSES, code)
  return words === undefined ? code : `${words} (${code})`
}

/** One sentence for each custodian. */
export function sentenceOf(
  terms: Terms,
  {
    custodian,
    records,
    opened,
    together,
    earlier,
  }: {
    readonly custodian: string
    readonly records: number
    readonly opened: number
    readonly together: number
    readonly earlier: number
  },
): string {
  const { grantee, purpose, classes, until, dataFrom, dataTo } = terms
  const count = `${opened} of your ${records} ${records === 1 ? "record" : "records"} of today`
  const before =
    earlier === 0
      ? ""
      : ` and ${earlier} earlier or deleted ${earlier === 1 ? "version" : "versions"} of your records`
  const all = together > opened ? `; with your other consents ${together}` : ""
  return (
    `At ${custodian}, ${grantee} may read ${whatIn(classes, dataFrom, dataTo)}, ` +
    `for ${purposeText(purpose)}, until ${day(until)} UTC: ${count}${before}${all}.`
  )
}

/** Whether the words can be asked about: without a terminal only a --yes signs. @throws UsageError */
export function mustBeAskable(isYes: boolean): void {
  if (!isYes && !process.stdin.isTTY)
    throw new UsageError("without a terminal nobody can be asked whether to sign: add --yes")
}

/** Says what is about to be signed, and asks. @throws PlatformError `not_signed` */
export async function mustAgree(
  session: Session,
  sentences: readonly string[],
  isYes: boolean,
): Promise<void> {
  for (const sentence of sentences) session.progress(fit(`  ${sentence}`))
  if (isYes) return
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ctrl-C and Ctrl-D close the prompt, and are no yes.
    const closed = new Promise<string>((resolve) => prompt.once("close", () => resolve("")))
    const answer = await Promise.race([prompt.question("  Sign this? Type yes: "), closed])
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new PlatformError("not_signed", "nothing was signed, and nothing has changed")
  } finally {
    prompt.close()
  }
}

export const YES = { type: "boolean", words: "sign without being asked" } as const
