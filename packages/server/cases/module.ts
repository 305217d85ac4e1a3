import { lackingAnswer, MAX_LACKING, okAnswer, submitAnswer } from "@aceso/client"
import {
  bytes,
  caseAnswer,
  caseDocument,
  caseKeyStock,
  caseQuestion,
  caseStepAnswer,
  caseStepQuestion,
  documentName,
  equalBytes,
  handle,
  hash32,
  type InboxAnswer,
  inboxAnswer,
  inboxQuestion,
  object,
  PlatformError,
  type PublicKey,
  pullQuestion,
  rowsAnswer,
  rowsQuestion,
  sealedAnswer,
  signature64,
  uint,
} from "@aceso/core"
import type { InboxItem } from "../inbox/inbox.ts"
import { raw } from "../modules/bodies.ts"
import { serverModule } from "../modules/module.ts"
import { caseRoute, memberRoute, patientRoute, publicCall, staffRoute } from "../modules/route.ts"
import { serviceOf } from "../node/ledger.module.ts"
import type { StaffMember } from "../node/staff.ts"
import { mustBeAdministrator } from "../node/staff.ts"
import type { Stocks } from "./stocks.ts"
import { DEFAULT_ROLE, Turns } from "./turns.ts"

const opening = object({ payload: bytes(1, 16_384), signature: signature64 })
const delivery = object({ case: hash32, n: uint(), name: documentName, document: caseDocument })

/** Cases between parties: what their keys and other members ask of this node. */
export const casesModule = serverModule({
  name: "cases",
  needs: [
    "awaited",
    "caseDocuments",
    "cases",
    "config",
    "correspondence",
    "engine",
    "inbox",
    "sponsor",
    "stocks",
  ],
  setup: ({ awaited, caseDocuments, cases, config, correspondence, engine, inbox, sponsor, stocks }) => {
    const { member } = config
    const turns = new Turns({ cases, inbox, stocks, engine, member, documents: caseDocuments })
    /** By keys that were left it is known whose cases they are that strangers seemed to have opened. */
    const recognise = async (keys: readonly PublicKey[]) => {
      for (const id of await turns.ofUnknown(keys))
        try {
          await awaited.ofAll(id)
          await turns.look(id)
        } catch (error) {
          // Of a process that this release does not know.
          if (!(error instanceof PlatformError) || error.code !== "unknown_case") throw error
        }
    }
    return {
      reactors: [turns, awaited],
      windows: [
        { name: "turns", everyMs: TURNS_MS, run: () => turns.overdue() },
        { name: "awaited", everyMs: AWAITED_MS, run: () => awaited.look() },
      ],
      routes: [
        staffRoute({
          path: "/staff/inbox",
          summary: "what the caller has to do, what is due first before it; waits for a change",
          question: inboxQuestion,
          answer: inboxAnswer,
          async handle({ limit, waitMs }, who) {
            if (waitMs > 0) await inbox.changed(waitMs)
            const found = await inbox.open({ roles: rolesOf(who), person: who.name, limit: limit + 1 })
            const items = found.slice(0, limit).map((item) => shown(item, stocks))
            return { items: await Promise.all(items), more: found.length > limit }
          },
        }),
        staffRoute({
          path: "/staff/case",
          summary: "a case in which this organisation takes part, with its documents",
          check: mustBeAdministrator,
          question: caseQuestion,
          answer: caseAnswer,
          handle: ({ case: id }) => correspondence.shown(id),
        }),
        staffRoute({
          path: "/staff/case/step",
          summary: "a step of a case, with documents in the caller's word",
          check: mustBeAdministrator,
          question: caseStepQuestion,
          answer: caseStepAnswer,
          handle: (question, who) => cases.step(question, who.key),
        }),
        patientRoute({
          path: "/patient/case-keys",
          summary: "one-time keys for cases, left here by the patient's device",
          question: object({ handle, stock: caseKeyStock }),
          answer: okAnswer,
          delegates: ["write"],
          isUnnoted: true,
          async handle({ handle, stock }, delegate) {
            if (!equalBytes(handle, stock.handle))
              throw new PlatformError("bad_stock", "these case keys are another handle's")
            await stocks.leave(stock, delegate)
            await recognise(stock.keys)
            return { ok: true }
          },
        }),
        publicCall({
          path: "/case/sponsor",
          summary: "the opening of a case, signed by its key: this organisation signs as well, and pays",
          question: opening,
          answer: submitAnswer,
          maxBytes: 32_768,
          isOfVault: true,
          calls: "submit",
          async handle({ payload, signature }) {
            const { payloadId, height, index, isDuplicate } = await sponsor.open(payload, signature)
            return { payloadId, height, index, rejection: null, isDuplicate }
          },
        }),
        caseRoute({
          path: "/case/rows",
          summary: "rows of the ledger that name the key's case, with proofs",
          question: rowsQuestion,
          answer: rowsAnswer,
          handle: (question, key) => serviceOf(engine).rows(question, { key }),
        }),
        caseRoute({
          path: "/case/deliver",
          summary: "a document that the key's step has committed, handed to this party",
          question: delivery,
          answer: okAnswer,
          async handle({ document, ...place }, key) {
            await cases.mustHaveKey(place.case, key)
            await correspondence.take(place, document)
            await turns.look(place.case)
            return { ok: true }
          },
        }),
        caseRoute({
          path: "/case/lacking",
          summary: "what was committed by keys in the key's case, and is not here",
          question: caseQuestion,
          answer: lackingAnswer,
          async handle({ case: id }, key) {
            await cases.mustHaveKey(id, key)
            return { documents: [...(await correspondence.lacking(id))].slice(0, MAX_LACKING) }
          },
        }),
        caseRoute({
          path: "/case/document",
          summary: "a document of the key's case, sealed to a one-time key",
          question: pullQuestion,
          answer: raw(sealedAnswer),
          handle: (question, key) => correspondence.hand(question, { key }),
        }),
        memberRoute({
          path: "/exchange/document",
          summary: "a document of a case in which the member takes part, sealed to a one-time key",
          question: pullQuestion,
          answer: raw(sealedAnswer),
          handle: (question, member, key) => correspondence.hand(question, { member: member.member, key }),
        }),
      ],
    }
  },
})

/** How often what passed its deadline is looked at, ms. */
const TURNS_MS = 10_000
/** How often documents that are not here yet are looked for. */
const AWAITED_MS = 1_000

const rolesOf = ({ isAdministrator, role }: StaffMember): readonly string[] => [
  ...(isAdministrator ? [DEFAULT_ROLE] : []),
  ...(role !== undefined && role !== DEFAULT_ROLE ? [role] : []),
]

/** An item with what the organisation calls the person, as it does now. */
async function shown(
  { id, capability, what, since, dueAt }: InboxItem,
  stocks: Stocks,
): Promise<InboxAnswer["items"][number]> {
  const { state, steps, keys } = what as Pick<InboxAnswer["items"][number], "state" | "steps"> & {
    readonly keys: readonly PublicKey[]
  }
  return { id, capability, state, steps, since, dueAt, ...(await stocks.whose(keys)) }
}
