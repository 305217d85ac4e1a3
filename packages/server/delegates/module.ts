import { okAnswer } from "@aceso/client"
import {
  asText,
  type Bytes,
  delegateAcceptance,
  delegateInvitation,
  delegateScope,
  delegatesAnswer,
  delegatesQuestion,
  deskDelegates,
  equalBytes,
  type Handle,
  handle,
  type JsonObject,
  type LedgerEvent,
  object,
  PlatformError,
  type PublicKey,
  publicKeySchema,
  rowsAnswer,
  rowsQuestion,
  text,
} from "@aceso/core"
import { shownName } from "@aceso/fhir"
import { memberByKey } from "../exchange/practitioners.ts"
import { newestPatient } from "../import/people-here.ts"
import { ownPatient } from "../joins/own-patients.ts"
import { serverModule } from "../modules/module.ts"
import { patientRoute, staffRoute } from "../modules/route.ts"
import { mustBeAbout } from "../node/about-handle.ts"
import { serviceOf } from "../node/ledger.module.ts"
import { mustBeAdministrator } from "../node/staff.ts"

const ok = { ok: true }

/** Who acts for a person at this custodian. */
export const delegatesModule = serverModule({
  name: "delegates",
  needs: ["config", "delegates", "engine", "ledger", "stocks", "vault"],
  setup({ config, delegates, engine, ledger, stocks, vault }) {
    const { member } = config
    const patientNamed = async (alias: string) => {
      const { handle, fhirId } = await ownPatient(vault, alias)
      return { handle, person: personWords(alias, await newestPatient(vault, fhirId)) }
    }
    return {
      reactors: [
        {
          name: "delegates.noted",
          contract: "delegates",
          events: ["delegateEntered", "delegateEnded", "allDelegatesEnded"],
          async react({ name, data }: LedgerEvent) {
            const { custodian, handle, key, by } = data as unknown as Named
            if (custodian !== member) return
            if (name === "allDelegatesEnded") return delegates.noteAllEnded(handle)
            if (name === "delegateEntered") return delegates.noteOnce(handle, key, "entered")
            await delegates.noteOnce(handle, key, "ended", { by })
          },
        },
        {
          name: "delegates.cases",
          contract: "cases",
          events: ["opened"],
          async react({ data }: LedgerEvent) {
            const { case: id, keys } = data as unknown as { case: Bytes; keys: readonly PublicKey[] }
            const left = await stocks.leftByDelegateOf(keys)
            if (left) await delegates.noteOnce(left.handle, left.delegate, "write", { case: id })
          },
        },
      ],
      windows: [{ name: "delegates", everyMs: EVERY_MS, run: () => delegates.endDue() }],
      routes: [
        patientRoute({
          path: "/patient/delegates",
          summary: "who acts for the patient; a delegate sees itself alone",
          question: delegatesQuestion,
          answer: delegatesAnswer,
          delegates: "any",
          handle: ({ handle }, delegate) => delegates.shown(handle, delegate?.key),
        }),
        patientRoute({
          path: "/patient/delegate",
          summary: "what a delegate may do, before the patient enters its key on the ledger",
          question: object({ handle, acceptance: delegateAcceptance }),
          answer: okAnswer,
          async handle({ handle, acceptance }) {
            mustBeOf(handle, acceptance.handle)
            await delegates.keep(acceptance)
            return ok
          },
        }),
        patientRoute({
          path: "/patient/rows",
          summary: "rows of the ledger about the own handle, with proofs",
          question: object({ handle, rows: rowsQuestion }),
          answer: rowsAnswer,
          delegates: "any",
          async handle({ handle, rows }) {
            mustBeAbout(rows, member, handle, TABLES)
            return serviceOf(engine).rows(rows, { member: await memberByKey(engine, ledger.key) })
          },
        }),
        staffRoute({
          path: "/staff/delegates",
          summary: "who acts for a patient, and who that is",
          check: mustBeAdministrator,
          question: object({ alias: text(200) }),
          answer: deskDelegates,
          async handle({ alias }) {
            const { handle, person } = await patientNamed(alias)
            return { person, ...(await delegates.shown(handle)) }
          },
        }),
        staffRoute({
          path: "/staff/delegate/invite",
          summary: "an invitation for somebody who is to act for a patient without a key",
          check: mustBeAdministrator,
          question: object({ alias: text(200), scope: delegateScope }),
          answer: delegateInvitation,
          async handle({ alias, scope }) {
            const { handle, person } = await patientNamed(alias)
            return delegates.invite(handle, { url: config.url, person }, scope)
          },
        }),
        staffRoute({
          path: "/staff/delegate",
          summary: "enters a delegate at the desk, for a patient without a key",
          check: mustBeAdministrator,
          question: object({ alias: text(200), acceptance: delegateAcceptance }),
          answer: okAnswer,
          async handle({ alias, acceptance }, who) {
            mustBeOf((await patientNamed(alias)).handle, acceptance.handle)
            await delegates.enterAtDesk(acceptance, who.name)
            return ok
          },
        }),
        staffRoute({
          path: "/staff/delegate/end",
          summary: "ends a delegate, in the organisation's name",
          check: mustBeAdministrator,
          question: object({ alias: text(200), key: publicKeySchema }),
          answer: okAnswer,
          async handle({ alias, key }) {
            await delegates.endAtDesk((await patientNamed(alias)).handle, key)
            return ok
          },
        }),
      ],
    }
  },
})

interface Named {
  readonly custodian: string
  readonly handle: Handle
  readonly key: PublicKey
  readonly by: string
}

/** Name and birth date as recorded, and the alias; what could draw on a screen is left out. */
function personWords(alias: string, resource: JsonObject | undefined): string {
  const [name, birthDate] = [resource && shownName(resource), resource && asText(resource.birthDate)]
  const words = [name, birthDate && `born ${birthDate}`, alias].filter(
    (one) => one !== undefined && one !== "",
  )
  return [...words.join(", ").replace(/\p{C}/gu, "")].slice(0, 100).join("").slice(0, 110)
}

/** How often it is looked for delegates whose time is over, ms; they act no more from that very moment. */
const EVERY_MS = 10 * 60_000

function mustBeOf(own: Handle, other: Handle): void {
  if (!equalBytes(own, other))
    throw new PlatformError("bad_delegate", "this is the answer to an invitation of somebody else")
}

const TABLES = ["handles", "delegates", "delegateCounts", "recordLogs"]
