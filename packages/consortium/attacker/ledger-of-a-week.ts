import { policyDelay } from "@aceso/client/pending.ts"
import {
  type Bytes,
  type Cbor,
  domainHash,
  entryHash,
  handleSeed,
  makeEnvelope,
  policyRoot,
  publicKey,
  randomBytes,
  recordCommitment,
  sha256,
  utf8,
} from "@aceso/core"

/** What everybody on a network can read: transactions and the time of their blocks. */
export interface Seen {
  readonly time: number
  readonly envelope: Bytes
}

export interface Week {
  readonly ledger: readonly Seen[]
  /** Whose a handle is; the attacker is judged by it and never sees it. */
  readonly owner: ReadonlyMap<string, number>
  readonly custodianOf: ReadonlyMap<string, string>
}

/** Mistakes that would link handles, planted one at a time to show that the attacker finds them. */
export type Plant = "shared-salt" | "equal-expiry" | "same-second" | undefined

const NETWORK = "week-net"
const CUSTODIANS = Array.from({ length: 10 }, (_, i) => `hospital-${i}`)
const WEEK_MS = 7 * 86_400_000
const WINDOW_MS = 600_000
const MINUTES_5 = 300_000
const name = (bytes: Bytes) => Buffer.from(bytes).toString("hex")

/** A seeded generator, so that a run can be repeated. */
export function randomOf(seed: string): () => number {
  let state = sha256(utf8(seed))
  let at = 0
  return () => {
    if (at + 4 > state.length) {
      state = sha256(state)
      at = 0
    }
    at += 4
    return new DataView(state.buffer, state.byteOffset).getUint32(at - 4) / 2 ** 32
  }
}

export interface WeekOptions {
  readonly seed: string
  readonly patients: number
  readonly plant?: Plant
  /** Patients answer a request at all their custodians together; mean of the independent delays, ms. */
  readonly policyDelayMs?: number
}

/** A simulated week: enrolments, record windows with dummies, and policy changes with their random delays. */
export function weekOf({ seed, patients, plant, policyDelayMs }: WeekOptions): Week {
  const random = randomOf(seed)
  const ledger: Seen[] = []
  const owner = new Map<string, number>()
  const custodianOf = new Map<string, string>()
  const windows = new Map<string, { handle: Bytes; entries: Bytes[] }[]>()
  const start = 1_800_000_000_000
  const add = (
    time: number,
    contract: string,
    action: string,
    input: Cbor,
    seeds: readonly Bytes[],
    expiry = time + 120_000,
  ) =>
    ledger.push({
      time: Math.floor(time),
      envelope: makeEnvelope({ network: NETWORK, contract, action, input, expiry: Math.floor(expiry) }, seeds)
        .bytes,
    })
  const memberSeed = (custodian: string) => domainHash("week-member", custodian)
  for (let p = 0; p < patients; p++) {
    const patientSeed = randomBytes(32)
    const count = random() < 0.5 ? 2 : 3
    const chosen = [...CUSTODIANS].sort(() => random() - 0.5).slice(0, count)
    const together = start + random() * WEEK_MS
    const sharedSalt = randomBytes(32)
    for (const custodian of chosen) {
      const handle = randomBytes(32)
      owner.set(name(handle), p)
      custodianOf.set(name(handle), custodian)
      const key = handleSeed(patientSeed, custodian, handle, 1)
      const visit = plant === "same-second" ? together + random() * 900 : start + random() * WEEK_MS
      add(visit, "people", "enrol", { custodian, handle, key: publicKey(key) }, [memberSeed(custodian), key])
      const entries = Array.from({ length: 3 + Math.floor(random() * 6) }, () => {
        const commitment = recordCommitment(randomBytes(32), utf8("a record"))
        return entryHash({ recordId: randomBytes(32), version: 1, operation: "create", commitment })
      })
      const window = `${custodian} ${Math.ceil(visit / WINDOW_MS) * WINDOW_MS}`
      windows.set(window, [...(windows.get(window) ?? []), { handle, entries }])
      if (policyDelayMs === undefined && plant === undefined) continue
      const delay = policyDelay(random(), policyDelayMs ?? 600_000)
      const salt = plant === "shared-salt" ? sharedSalt : randomBytes(32)
      const content =
        plant === "shared-salt"
          ? utf8("one consent")
          : utf8(`consent at ${custodian} ${name(randomBytes(8))}`)
      const policySalt = plant === "shared-salt" ? sharedSalt : randomBytes(32)
      const moment =
        plant === "equal-expiry" || plant === "shared-salt"
          ? start + random() * WEEK_MS
          : together + (plant === "same-second" ? random() * 900 : delay)
      const expiry = plant === "equal-expiry" ? together + 2 * WEEK_MS : moment + MINUTES_5
      add(
        moment,
        "policy",
        "grant",
        { custodian, handle, base: 0, root: policyRoot([{ content, salt }], policySalt) },
        [key],
        expiry,
      )
    }
  }
  for (const [window, logs] of windows) {
    const [custodian, time] = window.split(" ")
    const input = {
      logs: logs.map(({ handle, entries }) => ({ handle, base: 0, entries: Buffer.concat(entries) })),
    }
    add(Number(time), "records", "commit", input as unknown as Cbor, [memberSeed(custodian)])
  }
  ledger.sort((a, b) => a.time - b.time)
  return { ledger, owner, custodianOf }
}
