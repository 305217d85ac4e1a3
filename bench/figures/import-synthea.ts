import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { EmbeddedEngine } from "@aceso/ledger"
import { admit, makeGenesis, rules, seedOf, temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { addSummaries, EMPTY_SUMMARY, Importer } from "@aceso/server/import/importer.ts"
import { LedgerClient } from "@aceso/server/node/ledger-client.ts"
import { Committer } from "@aceso/server/records/committer.ts"
import { SqliteVault } from "@aceso/server/vault/sqlite-vault.ts"
import { report, seconds } from "../report.ts"

/**
 * FHIR resources per second from the bundle's bytes to the acknowledged block, in one process: the Synthea set
 * repeated with new identifiers. Reference: the same bytes through JSON.parse and JSON.stringify, nothing else.
 */
const folderOfData = join(process.env.ACESO_SHARED_DATA ?? "../shared/data", "synthea-r4")
if (!existsSync(folderOfData)) {
  process.stderr.write(`import.synthea skipped: ${folderOfData} is not there\n`)
  process.exit(0)
}
const RESOURCES = 30_000
const texts = readdirSync(folderOfData)
  .filter((name) => name.endsWith(".gz"))
  .map((name) => gunzipSync(readFileSync(join(folderOfData, name))).toString())

/** The set again with other identifiers: every UUID of the text is changed alike. */
const again = (text: string, round: number) =>
  text
    .replace(/[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/g, (part) =>
      ((Number.parseInt(part, 16) ^ (round * 0x9e3779b1)) >>> 0).toString(16).padStart(8, "0"),
    )
    .replace(/999-\d\d-\d{4}|S999\d+|X\d+X/g, (part) => `${part}${round}`)

const inputs = Array.from({ length: Math.ceil(RESOURCES / 3_300) + 1 }, (_, round) =>
  texts.map((text, i) => ({ input: Buffer.from(again(text, round)), where: `${round}-${i}` })),
).flat()

const { genesis } = makeGenesis()
const folder = temporaryFolder()
const engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
await admit(engine, ["city", "custodian"])
const vault = new SqliteVault({
  folder: join(folder, "vault"),
  organisation: "city",
  masterKey: seedOf("master"),
})
const ledger = new LedgerClient(engine, "city", seedOf("city"))
const importer = new Importer(vault)
const committer = new Committer(vault, ledger, 0)

const start = performance.now()
let summary = EMPTY_SUMMARY
const TOGETHER = 48
for (let i = 0; i < inputs.length; i += TOGETHER) {
  summary = addSummaries(summary, await importer.importAll(inputs.slice(i, i + TOGETHER)))
  void committer.flush()
}
await committer.flush()
const took = seconds(start)
const { records, committed } = await vault.recordCount()
if (records !== committed || summary.refused.length > 0) throw new Error("not everything is on the ledger")
const bytes = readdirSync(join(folder, "vault")).reduce(
  (sum, name) => sum + statSync(join(folder, "vault", name)).size,
  0,
)

const bare = performance.now()
for (const { input } of inputs) JSON.stringify(JSON.parse(input.toString()))
const words = "the same bytes through JSON.parse and JSON.stringify alone"
report("import.synthea", summary.resources / took, "resources/s", words, summary.resources / seconds(bare))
report("import.synthea.bytes", bytes / records, "bytes on disk per record version (vault and keyring)")
report("import.synthea.resources", summary.resources, "resources")
await vault.close()
await engine.close()
rmSync(folder, { recursive: true })
