import { setImmediate } from "node:timers/promises"
import type { StaffClient } from "@aceso/client"
import { type SeededNode, seededNode } from "@aceso/server/testing/seeded-node.ts"
import { percentile, report, seconds } from "../report.ts"

/**
 * What one question costs a custodian with 100,000 patients, beside one with 1,000: its status, a page of its
 * patients, one patient's own history. Medians over HTTP on loopback, asked of both nodes in turn.
 */
const ROUNDS = 200
const SMALL = 1_000
/** Fewer for a look at whether it works. */
const LARGE = Number(process.env.ACESO_BENCH_PATIENTS ?? 100_000)

const small = await seededNode(SMALL)
const start = performance.now()
const large = await seededNode(LARGE)
report("seeded.hundred.thousand", seconds(start), `s to make ${LARGE} patients`)

interface Question {
  readonly name: string
  readonly ask: (node: SeededNode, staff: StaffClient, patient: number) => Promise<unknown>
}
const questions: readonly Question[] = [
  { name: "status.hundred.thousand", ask: (_node, staff) => staff.status() },
  { name: "status.hundred.thousand.staff", ask: (_node, staff) => staff.staffStatus() },
  // The page of the vault on which the route and its list are built.
  {
    name: "patients.page",
    ask: ({ node }, _staff, patient) => node.services.vault.patientsPage(patient, 100),
  },
  {
    name: "history.growth",
    ask: async ({ handleOf }, staff, patient) => {
      const { timeline } = await staff.history([{ custodian: "city", handle: handleOf(patient) }], "TREAT", {
        alsoOwn: handleOf(patient),
      })
      if (timeline.length === 0) throw new Error("no history")
    },
  },
]

for (const { name, ask } of questions) {
  const times = new Map<SeededNode, number[]>([
    [small, []],
    [large, []],
  ])
  for (let round = 0; round < ROUNDS; round++)
    for (const [node, took] of times) {
      const count = node === small ? SMALL : LARGE
      const patient = Math.floor(Math.random() * (count - 200))
      const began = performance.now()
      await ask(node, node.staff, patient)
      took.push(performance.now() - began)
      // A question without HTTP holds up the sockets, and the next one would find its connection closed.
      await setImmediate()
    }
  const median = (node: SeededNode) => percentile((times.get(node) ?? []).slice(ROUNDS / 10), 0.5)
  report(name, median(large), `ms at ${LARGE} patients`, `ms at ${SMALL} patients`, median(small))
}
await small.end()
await large.end()
