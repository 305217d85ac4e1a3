import {
  deskStanding,
  deskStandingQuestion,
  enrolConfirm,
  enrolConfirmed,
  enrolOpened,
  enrolQuestion,
  enrolState,
  enrolStateQuestion,
  firstKeyAnswer,
  firstKeyQuestion,
  okAnswer,
  personTold,
  registerAnswer,
  registerQuestion,
  rekeyCancel,
} from "@aceso/client"
import { type Handle, type LedgerEvent, object, rowsAnswer, rowsQuestion } from "@aceso/core"
import { memberByKey } from "../exchange/practitioners.ts"
import { mustKeepRecords } from "../import/keeps-records.ts"
import { shownPatient } from "../joins/shown-patient.ts"
import { serverModule } from "../modules/module.ts"
import { pairingRoute, staffRoute } from "../modules/route.ts"
import { mustBeAbout } from "../node/about-handle.ts"
import { serviceOf } from "../node/ledger.module.ts"
import { mustServeDesk } from "./desk.ts"

/** A photo of 256 KiB, and what is said beside it. */
const REGISTER_BYTES = 320 * 1024
const SMALL = 8 * 1024

/** People who are registered at the desk, and join with a device of their own. */
export const enrolmentModule = serverModule({
  name: "enrolment",
  needs: ["config", "engine", "enrolments", "ledger", "live", "registration", "rekeys", "vault"],
  setup: ({ config, engine, enrolments, ledger, live, registration, rekeys, vault }) => ({
    reactors: [
      {
        name: "enrolment.keys",
        contract: "people",
        events: ["enrolled", "keyEnrolled"],
        async react({ data }: LedgerEvent) {
          const { custodian, handle } = data as unknown as { custodian: string; handle: Handle }
          if (custodian === config.member) await enrolments.follow(handle)
        },
      },
      {
        name: "enrolment.rekeys",
        contract: "people",
        events: ["rekeyBegun", "rekeyCancelled"],
        react: (event) => rekeys.note(event),
      },
    ],
    routes: [
      staffRoute({
        path: "/staff/register",
        summary: "registers a person, or says who here may be the same",
        check: mustServeDesk,
        question: registerQuestion,
        answer: registerAnswer,
        maxBytes: REGISTER_BYTES,
        async handle(question, { name }) {
          await mustKeepRecords(ledger)
          return registration.register(question, name)
        },
      }),
      staffRoute({
        path: "/staff/enrol",
        summary: "a code for the device of a patient without a key, or in place of one that is lost for good",
        check: mustServeDesk,
        question: enrolQuestion,
        answer: enrolOpened,
        handle: ({ alias, isLost }, { name, key }) =>
          enrolments.invite(alias, name, isLost === true ? key : null),
      }),
      staffRoute({
        path: "/staff/enrol/standing",
        summary:
          "whether a patient has a key, and from when on one counts that was put in place of a lost one",
        check: mustServeDesk,
        question: deskStandingQuestion,
        answer: deskStanding,
        handle: ({ alias }) => enrolments.standing(alias),
      }),
      staffRoute({
        path: "/staff/enrol/cancel",
        summary: "takes back, before it counts, the key that was put in place of a lost one",
        check: mustServeDesk,
        question: rekeyCancel,
        answer: okAnswer,
        async handle({ alias }, { name, key }) {
          await rekeys.cancelAtDesk(alias, { name, key })
          return { ok: true as const }
        },
      }),
      staffRoute({
        path: "/staff/enrol/pairing",
        summary: "how far it is with one's own code",
        check: mustServeDesk,
        question: enrolStateQuestion,
        answer: enrolState,
        handle: ({ code }, { name }) => enrolments.state(code, name),
      }),
      staffRoute({
        path: "/staff/enrol/confirm",
        summary: "the digits that the patient's device shows, one try",
        check: mustServeDesk,
        question: enrolConfirm,
        answer: enrolConfirmed,
        handle: async ({ code, digits }, { name }) => ({
          alias: await enrolments.confirm(code, digits, name),
        }),
      }),
      pairingRoute({
        path: "/pairing/person",
        summary: "whom the device joins, once its digits were typed",
        answer: personTold,
        maxBytes: SMALL,
        async handle(_, key) {
          const told = await enrolments.person(key)
          const listed = await vault.listedPatient(told)
          const shown = listed && (await shownPatient({ config, vault }, listed))
          return {
            ...told,
            ...(shown?.name !== undefined && { name: shown.name }),
            ...(shown?.birthDate !== undefined && { birthDate: shown.birthDate }),
          }
        },
      }),
      pairingRoute({
        path: "/pairing/rows",
        summary: "the ledger's row of the handle that the device joins, with its proof",
        question: object({ rows: rowsQuestion }),
        answer: rowsAnswer,
        maxBytes: SMALL,
        async handle({ rows }, key) {
          const { handle } = await enrolments.mustBeConfirmed(key)
          mustBeAbout(rows, config.member, handle, ["handles"])
          return serviceOf(engine).rows(rows, { member: await memberByKey(engine, ledger.key) })
        },
      }),
      pairingRoute({
        path: "/pairing/enrol",
        summary: "the handle's first key, or the one after a lost one, signed by it; the custodian signs too",
        question: firstKeyQuestion,
        answer: firstKeyAnswer,
        maxBytes: SMALL,
        async handle({ envelope }, key) {
          // Before it waits for a block: the ten minutes may be over then.
          const { by } = await enrolments.mustBeConfirmed(key)
          const answer = await enrolments.enrol(key, envelope)
          live.toStaff("desk", [by])
          return answer
        },
      }),
    ],
  }),
})
