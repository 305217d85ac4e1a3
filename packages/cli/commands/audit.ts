import type { CheckedEntry, InsideLook } from "@aceso/client"
import { type DocumentSummary, toHex } from "@aceso/core"
import {
  delegateDid,
  delegateEnders,
  entryOf,
  inLanguage,
  lookedAt,
  purposeWords,
  refusals,
  relationsByCode,
} from "@aceso/core/display/index.ts"
import { green, red } from "../columns.ts"
import { command } from "../command.ts"
import { localTime, sizeOf } from "../output.ts"
import { consentWords } from "./consent-words.ts"

export const audit = command({
  summary: "who read what, when, why and by which consent, and whether the log is complete",
  example: "aceso audit --as patient-1",
  fails: "the log is not complete, a promise was broken, or a line contradicts the consent",
  async run(session) {
    const { client } = await session.patient()
    const parts = await client.account((custodian, entries, highest) => {
      if (entries < highest) session.progress(`  ${custodian}: ${entries} of ${highest} entries`)
    })
    return {
      custodians: parts.map(
        ({ custodian, entries, isComplete, isWhole, onItsWay, findings, recoveries, today }, i) => ({
          custodian,
          handle: toHex(client.places[i].handle),
          isComplete,
          isWhole,
          onItsWay,
          findings,
          recoveries,
          today,
          entries: entries.map(({ tag, event, ...rest }) => ({
            ...rest,
            tag: toHex(tag),
            event: toHex(event),
          })),
        }),
      ),
    }
  },
  print: ({ custodians }) =>
    custodians
      .map((c) =>
        [
          `  ${c.custodian}: ${c.isComplete ? (c.isWhole ? green("complete") : "as it is shown there; that nothing is left out only the person can see") : red("not complete")}${c.onItsWay > 0 ? `, ${c.onItsWay} on ${c.onItsWay === 1 ? "its" : "their"} way to the ledger` : ""}${c.findings.length > 0 ? ` (${c.findings.join("; ")})` : ""}`,
          ...c.recoveries.map(
            ({ from, at, reason }) =>
              `  ${c.custodian} recovered on ${localTime(at)} (${reason}): what it committed after block ${from} was lost there`,
          ),
          ...(c.recoveries.length > 0
            ? [`  if the desk there does not know you any more, you are lost-${c.handle.slice(0, 16)}`]
            : []),
          ...(c.entries.length === 0 ? ["  (none)"] : c.entries.map(entryLines)),
          ...(c.today.length > 0
            ? [
                "  today, and on the ledger when the day is over: the staff there",
                ...lookLines(c.today).map((line) => `      ${line}`),
              ]
            : []),
        ].join("\n"),
      )
      .join("\n"),
  status: ({ custodians }) =>
    custodians.every((c) => c.isComplete && c.entries.every((e) => e.contradictions.length === 0)) ? 0 : 1,
})

const LOOKED = inLanguage(lookedAt, "en")

/** Looks of the custodian's own staff. */
const lookLines = (looks: readonly InsideLook[]): string[] =>
  looks.map(({ time, practitioner, practitionerName, role, purpose, reading = "" }) => {
    const ms = Date.parse(time)
    const who = practitionerName ?? practitioner.slice(0, 16)
    const what = entryOf(LOOKED, reading.split(" ")[0]) ?? reading
    return `${Number.isNaN(ms) ? time : localTime(ms)}  ${who} (${role.replaceAll("-", " ")}): ${what}, for ${purposeWords(purpose)}`
  })

type Shown = Omit<CheckedEntry, "tag" | "event">

/** Who asked and why, then what came of it, behind the time. */
function entryLines(e: Shown): string {
  const ms = Date.parse(e.time)
  const lead = `  ${String(e.n).padStart(3)} ${Number.isNaN(ms) ? e.time : localTime(ms)}`
  const way = e.isOnItsWay ? "; on its way to the ledger" : ""
  const outcome = outcomeLines(e)
  const below = outcome.map((line) => `\n${" ".repeat(lead.length)}  ${line}`).join("")
  const isOfPolicy =
    e.caseDocument === undefined && e.rekey === undefined && !["delegate", "inside"].includes(e.outcome)
  const policy = isOfPolicy ? `, policy version ${e.policyVersion}` : ""
  return `${lead}  ${actorOf(e)}${policy}${below}${way}`
}

function outcomeLines(e: Shown): string[] {
  if (e.outcome === "changed") return changeLines(e)
  if (e.outcome === "inside") return [...lookLines(e.looks ?? []), ...e.contradictions.map(red)]
  return [lineOf(e)]
}

const lineOf = (e: Shown): string =>
  e.rekey !== undefined ? rekeyLine(e) : e.outcome === "delegate" ? delegateLine(e) : outcomeOf(e)

/** Who put another key in place of the patient's at the desk, or took it back there. */
function deskOf(e: Shown): string {
  if (e.practitioner !== "?") return `${e.practitionerName ?? "somebody"} at the desk of ${e.requester}`
  if (e.rekey === "begun") return `the desk there; who it was is not known any more`
  return "you, or whoever has the device with your key"
}

const rekeyLine = ({ rekey }: Shown): string =>
  rekey === "begun"
    ? red(
        "another key was put in place of yours: after 72 hours it counts and yours does not; if that is not your own new device, aceso rekey cancel",
      )
    : "the other key was taken back: yours counts on"

function actorOf(e: Shown): string {
  if (e.rekey !== undefined) return deskOf(e)
  if (e.outcome === "inside") return `the staff of ${e.requester}, on the day before`
  if (e.caseDocument !== undefined) return `${e.requester}, as a part of ${caseOf(e.caseDocument).id}`
  if (e.delegate) return delegateWords(e.delegate)
  if (e.outcome !== "changed") return `${whoOf(e)}, for ${purposeWords(e.purpose)}`
  return isByDesk(e) ? "the desk there" : "you"
}

const RELATIONS = inLanguage(relationsByCode, "en")

/** Somebody who acts for the person. */
const delegateWords = ({ name, key, relation }: NonNullable<Shown["delegate"]>): string =>
  `${name ?? "somebody whose name was never told there"} (${entryOf(RELATIONS, relation) ?? "for you"}, key ${key.slice(0, 12)})`

const DID = inLanguage(delegateDid, "en")

const ENDERS = inLanguage(delegateEnders, "en")

function delegateLine({ reason, delegateMay, delegateCase, endedBy }: Shown): string {
  if (delegateCase !== undefined) return `began something for you (${delegateCase.slice(0, 12)})`
  const ender = entryOf(ENDERS, endedBy ?? "")
  if (reason === "ended") return `acts for you no more${ender === undefined ? "" : `: ${ender}`}`
  if (reason !== "entered") return entryOf(DID, reason) ?? reason
  return `acts for you from now on${delegateMay === undefined ? "; nobody told there what they may do" : `, and may ${delegateMay.replaceAll(",", ", ")}`}`
}

/** What a recovery had closed, and a word of the desk opened again (`policyEvent` of the custodian). */
const isByDesk = ({ reason }: Shown) => reason === "confirm"

/** Consents that are told one by one. */
const MAX_TOLD = 20

/** A change of the policy: what it permits and denies now, and what no more. */
function changeLines(e: Shown): string[] {
  const { change, inForce } = e
  if (isByDesk(e))
    return ["your policy: what stood before a recovery is in force again, as you told the desk"]
  if (change) {
    const lines = [...told("now", change.added), ...told("no more", change.removed)]
    return lines.length > 0 ? lines : ["your policy: signed anew, and nothing in it is other than before"]
  }
  const by = e.delegate ? "signed for you; this device" : "this device did not sign it and"
  const unknown = `your policy: ${e.reason}; ${by} does not know what it changed`
  if (!inForce) return [unknown]
  return [
    `${unknown}; since then:`,
    ...(inForce.length > 0 ? told("in force", inForce) : ["nothing is in force"]),
  ]
}

function told(what: string, documents: readonly DocumentSummary[]): string[] {
  const lines = documents.slice(0, MAX_TOLD).map((one) => `${what}: ${consentWords(one)}`)
  const left = documents.length - lines.length
  return left > 0 ? [...lines, `and ${left} more; see aceso requests`] : lines
}

/** A person of an organisation; the name is the one by which that organisation calls them, if it tells one. */
export function whoOf(e: { requester: string; role: string; practitionerName?: string }): string {
  const role = e.role.replaceAll("-", " ")
  return e.practitionerName === undefined
    ? `${e.requester} (${role})`
    : `${e.practitionerName} (${role}) of ${e.requester}`
}

/** @param document case/step/name */
function caseOf(document: string) {
  const [id, n, name] = document.split("/")
  return { id: id.slice(0, 12), n, name }
}

const REASONS = inLanguage(refusals, "en")

function outcomeOf(e: Shown): string {
  if (e.caseDocument !== undefined) {
    const { n, name } = caseOf(e.caseDocument)
    return `what was written there in step ${n} (${name})`
  }
  const words = entryOf(REASONS, e.reason)
  if (e.outcome === "denied") return words ? `denied: ${words} (${e.reason})` : `denied: ${e.reason}`
  const withdrawn = e.withdrawn > 0 ? `, ${e.withdrawn} withdrawn as somebody else's` : ""
  const lies =
    e.contradictions.length > 0 ? red(`; ${e.contradictions.length} lines contradict your consent`) : ""
  if (e.attachment)
    return `an attachment (${sizeOf(e.attachment.size)}) of record ${e.attachment.index}${lies}`
  const since = e.from > 0 ? `, of what is new since entry ${e.from}` : ""
  const notAsked = e.notRequested > 0 ? `, ${e.notRequested} not asked for` : ""
  const later = e.later > 0 ? `, ${e.later} left for the next answer` : ""
  const drugs = e.drugs > 0 ? `, ${e.drugs} drugs named that they mean` : ""
  const what = e.released > 0 ? `${counted(e.released, "record")} (${kinds(e.types)})` : "no records"
  const deleted = e.deleted > 0 ? `, ${counted(e.deleted, "deletion")}` : ""
  return `${what}${deleted}${drugs}, ${e.withheld} withheld${withdrawn}${notAsked}${later}${since}${lies}`
}

const kinds = (types: Readonly<Record<string, number>>): string =>
  Object.entries(types)
    .map(([type, count]) => `${count} ${type === "?" ? "not shown to you" : type}`)
    .join(", ")

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`
