import { blocksAnswer, submitAnswer } from "@aceso/client"
import {
  type Bytes,
  badInput,
  bytes,
  checkpointsAnswer,
  eventsAnswer,
  eventsQuestion,
  MAX_ENVELOPE_BYTES,
  object,
  PlatformError,
  payloadId,
  receipt,
  rowsAnswer,
  rowsQuestion,
  type Schema,
  scanAnswer,
  scanQuestion,
  uint,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { raw } from "../modules/bodies.ts"
import { serverModule } from "../modules/module.ts"
import { memberRoute, publicCall, publicRead, staffRoute } from "../modules/route.ts"

export const MAX_ROWS_QUESTION_BYTES = 32_768

const from: Schema<number> = {
  parse(value = "0", at = "") {
    if (typeof value !== "string" || !/^\d{1,15}$/.test(value)) throw badInput(at, "a height")
    return Number(value)
  },
  toJson: (value) => value,
  jsonSchema: { type: "integer", minimum: 0 },
  isOptional: true,
}

/** The ledger itself: transactions carry their own signatures, public tables their own proofs. */
export const ledgerModule = serverModule({
  name: "ledger",
  needs: ["checkpoints", "config", "engine", "ledger"],
  setup: ({ checkpoints, config, engine, ledger }) => ({
    routes: [
      publicCall({
        path: "/ledger/submit",
        summary: "a transaction, signed by itself",
        question: raw(bytes(1, MAX_ENVELOPE_BYTES)),
        answer: submitAnswer,
        maxBytes: MAX_ENVELOPE_BYTES,
        calls: "submit",
        handle: (envelope) => submit(engine, envelope),
      }),
      // All at one height, of presence or absence.
      publicCall({
        path: "/ledger/prove",
        summary: "rows that anybody may read, with proofs",
        question: rowsQuestion,
        answer: rowsAnswer,
        maxBytes: MAX_ROWS_QUESTION_BYTES,
        calls: "prove",
        handle: (question) => serviceOf(engine).rows(question, {}),
      }),
      memberRoute({
        path: "/ledger/rows",
        summary: "rows that the member may read, with proofs",
        question: rowsQuestion,
        answer: rowsAnswer,
        isRead: true,
        calls: "rows",
        handle: (question, member) => serviceOf(engine).rows(question, { member }),
      }),
      memberRoute({
        path: "/ledger/scan",
        summary: "keys of a table's rows that the member may read, by pages",
        question: scanQuestion,
        answer: scanAnswer,
        isRead: true,
        calls: "rows",
        handle: (question, member) => serviceOf(engine).scan(question, { member }),
      }),
      memberRoute({
        path: "/ledger/events",
        summary: "events that the member may hear, with proofs; waits for the next block",
        question: eventsQuestion,
        answer: eventsAnswer,
        isRead: true,
        calls: "events",
        handle: (question, member) => serviceOf(engine).events(question, { member }),
      }),
      memberRoute({
        path: "/ledger/receipt",
        summary: "the receipt of a transaction that the member signed",
        question: object({ payloadId }),
        answer: receipt,
        isRead: true,
        calls: "rows",
        handle: ({ payloadId }, member) => serviceOf(engine).receipt(payloadId, { member }),
      }),
      // Oldest first; each signature stands for itself.
      publicRead({
        path: "/checkpoints",
        summary: "checkpoints that the member signed, from a height on (?from=)",
        query: { from },
        answer: checkpointsAnswer,
        handle: ({ from }) => ({ checkpoints: checkpoints.own(from) }),
      }),
      staffRoute({
        path: "/staff/receipt",
        summary: "the receipt of a transaction",
        question: object({ payloadId }),
        answer: receipt,
        handle: ({ payloadId }) => engine.receipt(payloadId),
      }),
      staffRoute({
        path: "/staff/blocks",
        summary: "blocks, for custodians and authorities",
        question: object({ from: uint() }),
        answer: blocksAnswer,
        async handle({ from }) {
          const kind = (await ledger.ownMember())?.kind
          if (kind !== "authority" && kind !== "custodian")
            throw new PlatformError(
              "not_permitted",
              "blocks are for custodians and authorities; other members read rows with proofs",
            )
          return blocksOf(engine, from)
        },
      }),
    ],
    windows: [
      { name: "checkpoints", everyMs: () => config.checkpointEveryMs, run: () => checkpoints.round() },
    ],
    stop: () => checkpoints.stop(),
  }),
})

/** As they lie in the log, for members that verify by themselves. */
async function blocksOf(engine: Engine, from: number): Promise<{ blocks: Bytes[]; height: number }> {
  const { checkpoint } = await engine.status()
  const blocks: Bytes[] = []
  let sizeBytes = 0
  for (
    let h = Math.max(1, from);
    h <= checkpoint.height && blocks.length < 500 && sizeBytes < 16 * 2 ** 20;
    h++
  ) {
    const block = await engine.block(h)
    sizeBytes += block.length
    blocks.push(block)
  }
  return { blocks, height: checkpoint.height }
}

async function submit(engine: Engine, envelope: Bytes) {
  const { payloadId, height, index, result, isDuplicate } = await engine.submit(envelope)
  const rejection = result.ok ? null : result.rejection
  return { payloadId, height, index, rejection, isDuplicate }
}

/** What an engine that holds all rows gives others. @throws PlatformError `not_here` */
export function serviceOf({ service }: Engine) {
  if (service) return service
  throw new PlatformError(
    "not_here",
    "this member does not validate and holds no rows of others; ask a custodian or an authority",
  )
}
