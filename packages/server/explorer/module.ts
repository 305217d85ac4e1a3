import {
  blockAnswer,
  blockQuestion,
  findAnswer,
  findQuestion,
  headsAnswer,
  headsQuestion,
  rowsAnswer,
  rowsQuestion,
  transactionQuestion,
} from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { memberRoute, publicCall, staffRoute } from "../modules/route.ts"
import { MAX_ROWS_QUESTION_BYTES, serviceOf } from "../node/ledger.module.ts"
import type { StaffMember } from "../node/staff.ts"
import { ownReader } from "./own-reader.ts"
import { Paced } from "./paced.ts"

const MAX_QUESTION_BYTES = 1024
/** All nodes of a process have one thread. */
const paced = new Paced()
/** As anybody. */
const NOBODY = {}

/** Blocks for whoever looks: anybody, members, and the own administrators as the own member (ledger/explorer.ts says what each sees). */
export const explorerModule = serverModule({
  name: "explorer",
  needs: ["engine", "ledger"],
  setup: ({ engine, ledger }) => {
    /** What the organisation may read is for its administrators; all others of it see what anybody sees. */
    const readerOf = async ({ isAdministrator }: StaffMember) =>
      isAdministrator ? ownReader(engine, ledger) : NOBODY
    return {
      routes: [
        publicCall({
          path: "/explorer/heads",
          summary: "heads of blocks, the newest first, with what attests the first of them",
          question: headsQuestion,
          answer: headsAnswer,
          maxBytes: MAX_QUESTION_BYTES,
          calls: "explore",
          handle: (question) => paced.run(() => engine.explorer.heads(question)),
        }),
        publicCall({
          path: "/explorer/block",
          summary: "a block with its proofs; what is in it as far as anybody may read it",
          question: blockQuestion,
          answer: blockAnswer,
          maxBytes: MAX_QUESTION_BYTES,
          calls: "explore",
          handle: (question) => paced.run(() => engine.explorer.block(question, NOBODY)),
        }),
        publicCall({
          path: "/explorer/transaction",
          summary: "the block of a transaction, with it alone, as far as anybody may read it",
          question: transactionQuestion,
          answer: blockAnswer,
          maxBytes: MAX_QUESTION_BYTES,
          calls: "explore",
          handle: ({ payloadId }) => paced.run(() => engine.explorer.transaction(payloadId, NOBODY)),
        }),
        publicCall({
          path: "/explorer/find",
          summary: "transactions of a contract or member, of those that anybody may see",
          question: findQuestion,
          answer: findAnswer,
          maxBytes: MAX_QUESTION_BYTES,
          calls: "explore",
          handle: (question) => paced.run(() => engine.explorer.find(question, NOBODY)),
        }),
        publicCall({
          path: "/explorer/rows",
          summary: "rows that anybody may read, with proofs, also at a node that holds none",
          question: rowsQuestion,
          answer: rowsAnswer,
          maxBytes: MAX_ROWS_QUESTION_BYTES,
          calls: "explore",
          handle: (question) => paced.run(() => engine.explorer.rows(question, NOBODY)),
        }),
        memberRoute({
          path: "/ledger/find",
          summary: "transactions of a contract or member: own ones, and those that anybody may see",
          question: findQuestion,
          answer: findAnswer,
          isRead: true,
          calls: "rows",
          handle: (question, member) => serviceOf(engine).explorer.find(question, { member }),
        }),
        memberRoute({
          path: "/ledger/block",
          summary: "a block with its proofs; what is in it as far as the member may read it",
          question: blockQuestion,
          answer: blockAnswer,
          isRead: true,
          calls: "rows",
          handle: (question, member) => serviceOf(engine).explorer.block(question, { member }),
        }),
        memberRoute({
          path: "/ledger/transaction",
          summary: "the block of a transaction, with it alone, as far as the member may read it",
          question: transactionQuestion,
          answer: blockAnswer,
          isRead: true,
          calls: "rows",
          handle: ({ payloadId }, member) => serviceOf(engine).explorer.transaction(payloadId, { member }),
        }),
        staffRoute({
          path: "/staff/explorer/find",
          summary: "transactions of a contract or member, as far as this organisation may see them",
          question: findQuestion,
          answer: findAnswer,
          handle: async (question, who) => engine.explorer.find(question, await readerOf(who)),
        }),
        staffRoute({
          path: "/staff/explorer/rows",
          summary: "rows that this organisation may read, with proofs",
          question: rowsQuestion,
          answer: rowsAnswer,
          handle: async (question, who) => engine.explorer.rows(question, await readerOf(who)),
        }),
        staffRoute({
          path: "/staff/explorer/block",
          summary: "a block with its proofs; what is in it as far as this organisation may read it",
          question: blockQuestion,
          answer: blockAnswer,
          handle: async (question, who) => engine.explorer.block(question, await readerOf(who)),
        }),
        staffRoute({
          path: "/staff/explorer/transaction",
          summary: "the block of a transaction, with it alone, as far as this organisation may read it",
          question: transactionQuestion,
          answer: blockAnswer,
          handle: async ({ payloadId }, who) => engine.explorer.transaction(payloadId, await readerOf(who)),
        }),
      ],
    }
  },
})
