import { existsSync, readFileSync } from "node:fs"
import { forkAnswer, forkQuestion } from "@aceso/client"
import { brokenPromises, memberCases, mismatches } from "@aceso/contracts"
import {
  compareBytes,
  encodeCbor,
  MAX_ROWS_ASKED,
  PlatformError,
  type ScanAnswer,
  type ScanQuestion,
  scanAnswer,
  scanQuestion,
  type Table,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { ownReader } from "../explorer/own-reader.ts"
import { layout } from "../home/layout.ts"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { wholeTable } from "./table-cache.ts"

/** What is listed: public tables about organisations, whose keys nobody knows before. None is about patients. */
const LISTED: ReadonlyMap<string, Table> = new Map(
  [brokenPromises, mismatches, memberCases].map((table) => [table.name, table as unknown as Table]),
)

/** Keys of what the ledger holds against organisations; the rows themselves anybody asks for, with proofs. */
export const networkRowsModule = serverModule({
  name: "networkRows",
  needs: ["config", "engine", "ledger"],
  setup: ({ config, engine, ledger }) => ({
    routes: [
      staffRoute({
        path: "/staff/fork",
        summary: "the evidence that a member signed another history than this node has",
        question: forkQuestion,
        answer: forkAnswer,
        handle({ height, member }) {
          const file = layout(config.folder).fork(height, member)
          if (!existsSync(file))
            throw new PlatformError(
              "not_found",
              `no evidence is kept here that ${member} signed another block ${height}`,
            )
          return { evidence: new Uint8Array(readFileSync(file)) }
        },
      }),
      staffRoute({
        path: "/staff/ledger/keys",
        summary: "keys of rows about organisations (broken promises, mismatches, cases), by pages",
        question: scanQuestion,
        answer: scanAnswer,
        async handle(question) {
          const table = LISTED.get(question.table)
          if (!table || question.prefix.length > 0)
            throw new PlatformError(
              "unknown_table",
              `of ${[...LISTED.keys()].join(", ")} all keys are listed, and of nothing else`,
            )
          if (!engine.service) return pageOf(engine, table, question)
          return engine.service.scan(question, await ownReader(engine, ledger))
        },
      }),
    ],
  }),
})

/** Of a member that holds no rows: what others name and prove, in the order of the keys. */
async function pageOf(engine: Engine, table: Table, { after }: ScanQuestion): Promise<ScanAnswer> {
  const all = (await wholeTable(engine, table)).map(({ key }) => key.map((part) => encodeCbor(part as never)))
  const isBehind = (key: ScanQuestion["after"]): boolean => {
    const differs = key.findIndex((part, i) => compareBytes(part, after[i]) !== 0)
    return differs >= 0 && compareBytes(key[differs], after[differs]) > 0
  }
  if (after.length > 0 && after.length !== table.key.length)
    throw new PlatformError("bad_input", `after: a key of ${table.name} has ${table.key.length} parts`)
  const sorted = after.length === 0 ? all : all.filter(isBehind)
  const keys = sorted.slice(0, MAX_ROWS_ASKED)
  return { keys, next: keys.length < MAX_ROWS_ASKED ? [] : keys[keys.length - 1] }
}
