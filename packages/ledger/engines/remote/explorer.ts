import type { BlockExplorer } from "../../block-explorer.ts"
import type { RemoteSource } from "./source.ts"

/**
 * Blocks as another member shows them; who reads them checks them (core/explorer.ts). For the own member they are asked
 * with its signature, for anybody else as anybody asks.
 */
export const explorerAt = (
  askAny: <T>(ask: (source: RemoteSource) => Promise<T>) => Promise<T>,
): BlockExplorer => ({
  heads: (question) => askAny((source) => source.heads(question)),
  block: (question, { member }) => askAny((source) => source.block(question, member !== undefined)),
  transaction: (payloadId, { member }) =>
    askAny((source) => source.transaction(payloadId, member !== undefined)),
  find: (question, { member }) => askAny((source) => source.find(question, member !== undefined)),
  rows: (question, { member }) =>
    askAny((source) => (member ? source.rows(question) : source.openRows(question))),
})
