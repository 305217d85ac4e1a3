import { blocksAnswer, provenRowsAnswer, proveQuestion, submitAnswer } from "@aceso/client"
import { contracts } from "@aceso/contracts"
import {
  type Bytes,
  badInput,
  bytes,
  checkpointsAnswer,
  decodeCbor,
  type Infer,
  MAX_ENVELOPE_BYTES,
  object,
  PlatformError,
  payloadId,
  receipt,
  type Schema,
  type Table,
  uint,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { raw } from "../modules/bodies.ts"
import { serverModule } from "../modules/module.ts"
import { publicCall, publicRead, staffRoute } from "../modules/route.ts"

const MAX_QUESTION_BYTES = 32_768

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
        summary: "rows that every member may read, with proofs",
        question: proveQuestion,
        answer: provenRowsAnswer,
        maxBytes: MAX_QUESTION_BYTES,
        calls: "prove",
        handle: (question) => prove(engine, question),
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
    windows: [{ name: "checkpoints", everyMs: config.checkpointEveryMs, run: () => checkpoints.round() }],
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

async function prove(engine: Engine, { table: name, keys, height }: Infer<typeof proveQuestion>) {
  const table = contracts.flatMap((contract) => contract.tables).find((one) => one.name === name)
  if (table?.readers !== "members")
    throw new PlatformError(
      "unknown_table",
      "there is no such table, or only custodians and authorities may read it",
    )
  const parsed = keys.map((key, i) => parseKey(table, key, `keys[${i}]`))
  return engine.proveMany(table, parsed, height === 0 ? undefined : height)
}

function parseKey(table: Table, key: readonly Uint8Array[], at: string): unknown[] {
  if (key.length !== table.key.length)
    throw new PlatformError(
      "bad_input",
      `${at}: the table ${table.name} has keys of ${table.key.length} parts, each CBOR`,
    )
  return table.key.map((schema, i) => schema.parse(decodeCbor(key[i]), `${at}[${i}]`))
}
