import { isWanted, type JsonObject, parseJson, subjectOf } from "@aceso/core"
import { seededNode } from "@aceso/server/testing/seeded-node.ts"
import { percentile, report } from "../report.ts"

/**
 * A page of records with a code between two times at a custodian with 100,000 patients. Reference: opening the records
 * of 1,000 of them, which is taken times 100.
 */
const PATIENTS = Number(process.env.ACESO_BENCH_PATIENTS ?? 100_000)
const ROUNDS = 100
const SCANNED = Math.min(1_000, PATIENTS)
const CODE = { system: "http://loinc.org", code: "2823-3" }
const [FROM, TO] = [Date.parse("2025-03-01"), Date.parse("2025-05-01")]

const seeded = await seededNode(PATIENTS)
const { vault } = seeded.node.services
const page = { type: "Observation", code: CODE, from: FROM, to: TO, limit: 50 }

async function median(ask: (round: number) => Promise<unknown>, rounds: number): Promise<number> {
  const took: number[] = []
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    await ask(round)
    took.push(performance.now() - began)
  }
  return percentile(took.slice(rounds / 10), 0.5)
}

async function scan(): Promise<void> {
  let found = 0
  for (let i = 0; i < SCANNED; i++)
    for (const record of await vault.log(seeded.handleOf(i))) {
      const resource = parseJson((await vault.content(record)).content) as JsonObject
      if (isWanted({ classes: ["Observation"], codes: [CODE] }, subjectOf(resource))) found++
    }
  if (found !== SCANNED) throw new Error(`${found} found by the scan`)
}

const looked = await median(async () => {
  if ((await vault.lookUp(page)).records.length !== page.limit) throw new Error("no page")
}, ROUNDS)
const scanned = ((await median(scan, 10)) * PATIENTS) / SCANNED
report("lookup.hundred.thousand", looked, `ms at ${PATIENTS} patients`, "ms: a scan of all of them", scanned)
const one = await median(
  (round) => vault.lookUp({ ...page, from: 0, handles: [seeded.handleOf(round)] }),
  ROUNDS,
)
report("lookup.patient", one, "ms of one patient")
await seeded.end()
