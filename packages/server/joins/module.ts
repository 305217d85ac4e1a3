import {
  endNoticeQuestion,
  joinShown,
  joinsAnswer,
  misfiledQuestion,
  moveAnswer,
  moveQuestion,
  movesAnswer,
  noticesAnswer,
  okAnswer,
  pageQuestion,
  pairQuestion,
  partAnswer,
  reasonedMoveQuestion,
  toldQuestion,
} from "@aceso/client"
import {
  moveAgreement,
  moveObjection,
  object,
  patientMoves,
  patientQuestion,
  signedNotice,
  text,
} from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { memberRoute, patientRoute, staffRoute } from "../modules/route.ts"
import { mustBeAdministrator } from "../node/staff.ts"
import { receivedAnswer } from "./notices.ts"
import { mustSearch } from "./searching.ts"

const ok = { ok: true }

/** Mistaken identities: who is whom, and records that stand at the wrong patient. */
export const joinsModule = serverModule({
  name: "joins",
  needs: ["config", "joins", "moves", "moving", "notices"],
  setup: ({ config, joins, moves, moving, notices }) => ({
    routes: [
      staffRoute({
        path: "/staff/same",
        summary: "joins two handles of one person",
        check: mustBeAdministrator,
        question: pairQuestion,
        answer: joinShown,
        handle: ({ a, b, reason }, who) => joins.same(who, a, b, reason),
      }),
      staffRoute({
        path: "/staff/apart",
        summary: "parts two handles",
        check: mustBeAdministrator,
        whileRecovering: true,
        question: pairQuestion,
        answer: partAnswer,
        handle: ({ a, b, reason }, who) => joins.apart(who, a, b, reason),
      }),
      staffRoute({
        path: "/staff/joins",
        summary: "joins of a patient",
        check: mustSearch,
        whileRecovering: true,
        question: object({ alias: text(64) }),
        answer: joinsAnswer,
        handle: async ({ alias }) => ({ joins: await joins.list(alias) }),
      }),
      staffRoute({
        path: "/staff/misfiled",
        summary: "withholds a record",
        check: mustBeAdministrator,
        whileRecovering: true,
        question: misfiledQuestion,
        answer: moveAnswer,
        handle: (question, who) => moves.misfiled(who, question),
      }),
      staffRoute({
        path: "/staff/moves",
        summary: "withheld and moved records",
        check: mustSearch,
        whileRecovering: true,
        question: pageQuestion,
        answer: movesAnswer,
        handle: async ({ before, limit, all }) => ({
          moves: await moves.list({ before, limit, isOpen: !all }),
        }),
      }),
      staffRoute({
        path: "/staff/approve-move",
        summary: "a second administrator's yes",
        check: mustBeAdministrator,
        question: moveQuestion,
        answer: moveAnswer,
        handle: ({ id }, who) => moves.approve(who, id),
      }),
      staffRoute({
        path: "/staff/stop-move",
        summary: "ends what was proposed",
        check: mustBeAdministrator,
        whileRecovering: true,
        question: reasonedMoveQuestion,
        answer: moveAnswer,
        handle: ({ id, reason }, who) => moves.stop(who, id, reason),
      }),
      staffRoute({
        path: "/staff/return-move",
        summary: "proposes the way back",
        check: mustBeAdministrator,
        question: reasonedMoveQuestion,
        answer: moveAnswer,
        handle: ({ id, reason }, who) => moves.returnMove(who, id, reason),
      }),
      staffRoute({
        path: "/staff/told",
        summary: "a patient was told at the desk",
        check: mustBeAdministrator,
        question: toldQuestion,
        answer: moveAnswer,
        handle: ({ id, alias }, who) => moves.told(who, id, alias),
      }),
      patientRoute({
        path: "/patient/moves",
        summary: "records at the wrong patient",
        question: patientQuestion,
        answer: patientMoves,
        delegates: ["read", "decide"],
        handle: async ({ handle }) => ({ moves: await moves.ofPatient(handle) }),
      }),
      patientRoute({
        path: "/patient/agree",
        summary: "agrees to a move",
        question: moveAgreement,
        answer: okAnswer,
        async handle({ handle, id, signature }) {
          await moves.agree(handle, id, signature)
          return ok
        },
      }),
      patientRoute({
        path: "/patient/object",
        summary: "objects to a move",
        question: moveObjection,
        answer: okAnswer,
        async handle({ handle, id }) {
          await moves.object(handle, id)
          return ok
        },
      }),
      memberRoute({
        path: "/exchange/notice",
        summary: "what was released by mistake",
        question: signedNotice,
        answer: receivedAnswer,
        handle: async (notice, { member }) => ({ outcome: await notices.receive(notice, member) }),
      }),
      staffRoute({
        path: "/staff/notices",
        summary: "notices received and sent",
        whileRecovering: true,
        question: pageQuestion,
        answer: noticesAnswer,
        handle: ({ before, limit, all }) => notices.page({ before, limit, isOpen: !all }),
      }),
      staffRoute({
        path: "/staff/end-notice",
        summary: "a notice was dealt with",
        check: mustBeAdministrator,
        whileRecovering: true,
        question: endNoticeQuestion,
        answer: okAnswer,
        async handle({ custodian, id }) {
          await notices.end(custodian, id)
          return ok
        },
      }),
      staffRoute({
        path: "/staff/send-notices",
        summary: "tries notices again",
        check: mustBeAdministrator,
        answer: okAnswer,
        async handle() {
          await notices.sendAgain()
          await notices.run()
          return ok
        },
      }),
    ],
    windows: [
      { name: "notices", everyMs: () => config.disclosureWindowMs, run: () => notices.run() },
      { name: "moves", everyMs: () => config.commitWindowMs, run: () => moving.run() },
    ],
    async stop() {
      await Promise.all([notices.stop(), moving.stop()])
    },
  }),
})
