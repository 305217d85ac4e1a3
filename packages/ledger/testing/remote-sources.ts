import {
  type BlockQuestion,
  type Bytes,
  blockAnswer,
  blockQuestion,
  decodeCbor,
  type EventsQuestion,
  encodeCbor,
  eventsAnswer,
  eventsQuestion,
  type FindQuestion,
  findAnswer,
  findQuestion,
  type HeadsQuestion,
  headsAnswer,
  headsQuestion,
  type MemberId,
  type PayloadId,
  type RowsQuestion,
  receipt,
  rowsAnswer,
  rowsQuestion,
  type ScanQuestion,
  type Schema,
  scanAnswer,
  scanQuestion,
} from "@aceso/core"
import type { Engine } from "../engine.ts"
import type { RemoteSource } from "../engines/remote/source.ts"
import type { Reader } from "../readers.ts"
import type { LedgerService } from "../serving.ts"

/** As it goes over a line: encoded, decoded and checked. */
const over = <T>(schema: Schema<T>, value: unknown): T =>
  schema.parse(decodeCbor(encodeCbor(value as never)), "wire")

/** A node that serves a reader from its engine, in this process. @param reader asked anew each time, as a node does */
export function sourceOf(member: MemberId, engine: () => Engine, reader: () => Reader): RemoteSource {
  const service = () => engine().service as LedgerService
  return {
    member,
    rows: async (question: RowsQuestion) =>
      over(rowsAnswer, await service().rows(over(rowsQuestion, question), reader())),
    scan: async (question: ScanQuestion) =>
      over(scanAnswer, await service().scan(over(scanQuestion, question), reader())),
    events: async (question: EventsQuestion, signal: AbortSignal) => {
      const given = service().events(over(eventsQuestion, question), reader())
      const ended = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("given up")), { once: true })
      })
      return over(eventsAnswer, await Promise.race([given, ended]))
    },
    receipt: async (payloadId: PayloadId) => over(receipt, await service().receipt(payloadId, reader())),
    submit: async (envelope: Bytes) => engine().submit(envelope),
    heads: async (question: HeadsQuestion) =>
      over(headsAnswer, await service().explorer.heads(over(headsQuestion, question))),
    block: async (question: BlockQuestion, asMember: boolean) =>
      over(
        blockAnswer,
        await service().explorer.block(over(blockQuestion, question), asMember ? reader() : {}),
      ),
    find: async (question: FindQuestion, asMember: boolean) =>
      over(findAnswer, await service().explorer.find(over(findQuestion, question), asMember ? reader() : {})),
    openRows: async (question: RowsQuestion) =>
      over(rowsAnswer, await service().explorer.rows(over(rowsQuestion, question), {})),
    transaction: async (payloadId: PayloadId, asMember: boolean) =>
      over(blockAnswer, await service().explorer.transaction(payloadId, asMember ? reader() : {})),
  }
}
