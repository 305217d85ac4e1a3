import { deskDelegates, okAnswer } from "@aceso/client"
import {
  type Bytes,
  delegateAcceptance,
  delegatesAnswer,
  delegatesQuestion,
  encodeCbor,
  equalBytes,
  type Handle,
  handle,
  type Infer,
  type LedgerEvent,
  object,
  PlatformError,
  type PublicKey,
  publicKeySchema,
  rowsAnswer,
  rowsQuestion,
  text,
} from "@aceso/core"
import { memberByKey } from "../exchange/practitioners.ts"
import { ownPatient } from "../joins/own-patients.ts"
import { serverModule } from "../modules/module.ts"
import { patientRoute, staffRoute } from "../modules/route.ts"
import { serviceOf } from "../node/ledger.module.ts"
import { mustBeAdministrator } from "../node/staff.ts"

const ok = { ok: true }

/** Who acts for a person at this custodian. */
export const delegatesModule = serverModule({
  name: "delegates",
  needs: ["config", "delegates", "engine", "ledger", "vault"],
  setup({ config, delegates, engine, ledger, vault }) {
    const { member } = config
    const patientNamed = async (alias: string) => (await ownPatient(vault, alias)).handle
    return {
      reactors: [
        {
          name: "delegates.noted",
          contract: "delegates",
          events: ["delegateEntered", "delegateEnded"],
          async react({ name, data }: LedgerEvent) {
            const { custodian, handle, key } = data as unknown as Named
            if (custodian !== member) return
            await delegates.noteOnce(handle, key, name === "delegateEntered" ? "entered" : "ended")
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
            mustBeAbout(rows, member, handle)
            return serviceOf(engine).rows(rows, { member: await memberByKey(engine, ledger.key) })
          },
        }),
        staffRoute({
          path: "/staff/delegates",
          summary: "who acts for a patient, and the handle for an invitation",
          check: mustBeAdministrator,
          question: object({ alias: text(200) }),
          answer: deskDelegates,
          async handle({ alias }) {
            const handle = await patientNamed(alias)
            return { handle, ...(await delegates.shown(handle)) }
          },
        }),
        staffRoute({
          path: "/staff/delegate",
          summary: "enters a delegate at the desk, for a patient without a key",
          check: mustBeAdministrator,
          question: object({ alias: text(200), acceptance: delegateAcceptance }),
          answer: okAnswer,
          async handle({ alias, acceptance }, who) {
            mustBeOf(await patientNamed(alias), acceptance.handle)
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
            await delegates.endAtDesk(await patientNamed(alias), key)
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
}

/** How often it is looked for delegates whose time is over, ms; they act no more from that very moment. */
const EVERY_MS = 10 * 60_000

function mustBeOf(own: Handle, other: Handle): void {
  if (!equalBytes(own, other))
    throw new PlatformError("bad_delegate", "this is the answer to an invitation of somebody else")
}

const TABLES: ReadonlySet<string> = new Set(["handles", "delegates", "delegateCounts"])

/** @throws PlatformError `not_permitted` */
function mustBeAbout({ table, keys }: Infer<typeof rowsQuestion>, member: string, handle: Handle): void {
  const isOwn = (key: readonly Bytes[]) =>
    key.length >= 2 && equalBytes(key[0], encodeCbor(member)) && equalBytes(key[1], encodeCbor(handle))
  if (TABLES.has(table) && keys.every(isOwn)) return
  throw new PlatformError(
    "not_permitted",
    `these rows are not about this handle: ${[...TABLES].join(", ")} are`,
  )
}
