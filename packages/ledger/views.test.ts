import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { after, before, it } from "node:test"
import {
  contractRules,
  disclosureLogs,
  governance,
  handles,
  members,
  recordLogs,
  signerOf,
} from "@aceso/contracts"
import {
  action,
  bool,
  type Contract,
  type ContractState,
  type Infer,
  list,
  memberId,
  object,
  publicKey,
  put,
  type StateReader,
  type Table,
  table,
  text,
  toHex,
  uint,
  type Write,
} from "@aceso/core"
import { EmbeddedEngine } from "./engines/embedded/embedded.ts"
import {
  admit,
  enrol,
  handleOf,
  makeGenesis,
  patientSeed,
  seedOf,
  send,
  temporaryFolder,
} from "./testing/network.ts"

/**
 * Governance in a second version, whose row of a member has other fields under other names; all other contracts stay
 * as they are (LEDGER.md, Contracts).
 */
const membersV2 = table({
  name: "members",
  key: [memberId],
  row: object({
    isActive: bool(),
    since: uint(),
    sort: text(24),
    place: text(200),
    label: text(100),
    can: list(text(24), 3),
  }),
  version: 2,
  readers: "members",
  upgrade: (_version, [name, kind, abilities, url, status, admittedAt]) => [
    status === "active",
    admittedAt,
    kind,
    url,
    name,
    abilities,
  ],
})
type V1 = Infer<typeof members.row>
type V2 = Infer<typeof membersV2.row>
const toV2 = ({ name, kind, abilities, url, status, admittedAt }: V1): V2 => ({
  isActive: status === "active",
  since: admittedAt,
  sort: kind,
  place: url,
  label: name,
  can: abilities,
})
const toV1 = ({ isActive, since, sort, place, label, can }: V2) =>
  ({
    name: label,
    kind: sort,
    abilities: can,
    url: place,
    status: isActive ? "active" : "suspended",
    admittedAt: since,
  }) as V1

const isMembers = (one: unknown) => one === members
const asV1 = <S extends StateReader>(state: S): S => {
  const get = (table: Table, key: readonly unknown[]) => {
    if (!isMembers(table)) return state.get(table, key)
    const row = state.get(membersV2, key as [string])
    return row && toV1(row)
  }
  const { see } = state as unknown as ContractState
  return { get, see: see?.bind(state) } as unknown as S
}
const asV2 = (writes: readonly Write[]): Write[] =>
  writes.map((write) =>
    isMembers(write.table)
      ? put(membersV2, write.key as [string], write.row === undefined ? undefined : toV2(write.row as V1))
      : write,
  )
const second: Contract = {
  ...governance,
  version: 2,
  tables: governance.tables.map((one) => (isMembers(one) ? (membersV2 as unknown as Table) : one)),
  signer: (state, key, time) => signerOf(asV1(state), key, time),
  shows: governance.shows?.map(({ view, read }) => ({
    view,
    read: (state: StateReader, key: readonly unknown[]) => read(asV1(state), key),
  })),
  actions: Object.fromEntries(
    Object.entries(governance.actions).map(([name, one]) => [
      name,
      action({
        ...one,
        calledBy: (state, input, context) => one.calledBy(asV1(state), input, context),
        apply: (state, input, context) => {
          const outcome = one.apply(asV1(state), input, context)
          return "rejection" in outcome ? outcome : { ...outcome, write: asV2(outcome.write) }
        },
      }),
    ]),
  ),
}

const folder = temporaryFolder()
const { genesis } = makeGenesis()
const rules = { ...contractRules, contracts: [...contractRules.contracts, second] }
const open = () => EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
let engine: EmbeddedEngine
before(async () => {
  engine = await open()
})
after(async () => {
  await engine.close()
  rmSync(folder, { recursive: true })
})

const ok = async (sent: ReturnType<typeof send>) => assert.deepEqual((await sent).result, { ok: true })
const refused = async (sent: ReturnType<typeof send>, rejection: string) =>
  assert.deepEqual((await sent).result, { ok: false, rejection })
const propose = (...changes: object[]) =>
  send(
    engine,
    { contract: "governance", action: "propose", input: { changes } as never },
    seedOf("authority"),
  )
const commit = (base: number) =>
  send(
    engine,
    {
      contract: "records",
      action: "commit",
      input: { logs: [{ handle: handleOf("ann at city"), base, entries: new Uint8Array(32) }] },
    },
    seedOf("city"),
  )
const disclose = (base: number) =>
  send(
    engine,
    {
      contract: "disclosure",
      action: "commit",
      input: { base, leaves: [{ tag: new Uint8Array(16).fill(base + 1), event: new Uint8Array(32) }] },
    },
    seedOf("city"),
  )
const restrict = (base: number) =>
  send(
    engine,
    {
      contract: "policy",
      action: "restrict",
      input: { custodian: "city", handle: handleOf("ann at city"), base, root: new Uint8Array(32) },
    },
    patientSeed("ann", "city"),
  )
const report = (custodian: string) =>
  send(
    engine,
    {
      contract: "disclosure",
      action: "reportMismatch",
      input: { custodian, evidence: new Uint8Array(32).fill(custodian.length) },
    },
    seedOf("city"),
  )

const activation = async (by: number) => ({
  do: "activate",
  contract: "governance",
  version: 2,
  sources: new Uint8Array(32),
  height: (await engine.status()).checkpoint.height + by,
})
const decide = async (...changes: object[]) => {
  const [opened] = (await propose(...changes)).events
  if (opened.name === "proposalPassed") return
  const { proposal } = opened.data
  const vote = { contract: "governance", action: "vote", input: { proposal, yes: true } }
  for (const voter of ["city", "county"]) await send(engine, vote, seedOf(voter))
}
const admission = (member: string) => ({
  do: "admit",
  member,
  name: `Member ${member}`,
  kind: "custodian",
  url: `https://${member}.example`,
  key: publicKey(seedOf(member)),
})

it("a changed row of members: all other contracts go on, over rows of before and new ones", async () => {
  await ok(admit(engine, ["city", "custodian"], ["payer", "insurer"]))
  await ok(enrol(engine, "city", "ann"))
  await ok(commit(0))
  await ok(disclose(0))
  await ok(restrict(0))
  await decide(await activation(3))
  for (const base of [1, 2, 3]) {
    await ok(commit(base))
    await ok(disclose(base))
    await ok(restrict(base))
  }
  // Rows of before are read as they are now: nobody wrote them anew.
  assert.equal((await engine.read(membersV2, ["city"]))?.label, "Member city")
  await ok(report("payer"))
  await refused(report("nobody"), "unknown_member")
  await decide(admission("county"))
  assert.equal((await engine.read(membersV2, ["county"]))?.sort, "custodian")
  await ok(enrol(engine, "county", "cat"))
  await decide({ do: "suspend", member: "city" })
  await refused(commit(4), "member_suspended")
  await refused(enrol(engine, "payer", "bob"), "not_permitted")
  assert.equal((await engine.read(handles, ["county", handleOf("cat at county")]))?.keyNumber, 1)
  assert.equal((await engine.read(recordLogs, ["city", handleOf("ann at city")]))?.size, 4)
  assert.equal((await engine.read(disclosureLogs, ["city"]))?.size, 4)
})

it("the chain is executed again over both versions", async () => {
  const rootOf = async () => toHex((await engine.status()).checkpoint.stateRoot)
  const before = await rootOf()
  await engine.close()
  rmSync(join(folder, "state"), { recursive: true })
  engine = await open()
  assert.equal(await rootOf(), before)
})

it("a release of before stops at once, and names the version", async () => {
  await engine.close()
  await assert.rejects(
    EmbeddedEngine.open({ folder, genesis, rules: contractRules, engineSeed: seedOf("engine") }),
    { code: "contract_missing", message: /governance version 2/ },
  )
  engine = await open()
})

it("a contract that the network did not have: a release that lacks it stops before its height", async () => {
  await decide({ ...(await activation(6)), contract: "late", version: 1 })
  await assert.rejects(
    async () => {
      for (const base of [4, 5, 6, 7, 8, 9]) await commit(base)
    },
    { code: "contract_missing", message: /from block \d+ on the network executes late version 1/ },
  )
})
