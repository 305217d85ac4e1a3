import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { post, StaffClient, versionsAnswer } from "@aceso/client"
import { StaffNode } from "@aceso/client/staff-node.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { memberCases } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  decodeCbor,
  encodeCbor,
  fromHex,
  MAX_ROWS_ASKED,
  PATIENT_TAG,
  type PlatformError,
  randomBytes,
  type ScanQuestion,
  STAFF_TAG,
  scanAnswer,
  toHex,
} from "@aceso/core"
import { layout } from "../home/layout.ts"
import { routeOf } from "../testing/declared.ts"
import { governanceModule } from "./governance.module.ts"
import { networkRowsModule } from "./network-rows.module.ts"
import { knownProcesses } from "./processes.ts"
import type { Services } from "./services.ts"
import { hashOf } from "./sources.ts"
import type { StaffMember } from "./staff.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-network-rows-"))
let network: DemoNetwork
let url: string
const seedOf = (name: string): Bytes =>
  fromHex(JSON.parse(readFileSync(join(folder, "people", `${name}.json`), "utf8")).seed)
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: PlatformError) => error.code,
  )
const ask = (question: Partial<ScanQuestion>, seed = seedOf("city-doctor"), tag = STAFF_TAG) =>
  post(
    `${url}/staff/ledger/keys`,
    { table: "mismatches", prefix: [], after: [], ...question } as unknown as Cbor,
    { seed, tag },
    scanAnswer,
  )

before(async () => {
  network = await DemoNetwork.open({ folder, port: 0 })
  url = network.node("city-hospital").services.config.url
})
after(async () => {
  await network.close()
  rmSync(folder, { recursive: true })
})

describe("/staff/ledger/keys", () => {
  it("names what was reported, for the own people", async () => {
    const { ledger } = network.node("county-hospital").services
    const evidence = new Uint8Array(32).fill(7)
    await ledger.call("disclosure", "reportMismatch", { custodian: "city-hospital", evidence })
    const { keys, next } = await ask({})
    assert.deepEqual(
      keys.map((key) => key.map((part) => decodeCbor(part))),
      [["city-hospital", evidence]],
    )
    assert.deepEqual(next, [])
    assert.deepEqual((await ask({ after: keys[0] })).keys, [])
    const client = new StaffClient(url, seedOf("city-doctor"))
    assert.deepEqual(await client.ledgerKeys("memberCases"), { keys: [], next: [] })
  })

  const callers: readonly (readonly [who: string, seed: () => Bytes, tag: string, code: string])[] = [
    ["nobody", () => randomBytes(32), STAFF_TAG, "not_permitted"],
    ["another tag", () => seedOf("city-doctor"), PATIENT_TAG, "bad_signature"],
    ["another organisation's administrator", () => seedOf("county-admin"), STAFF_TAG, "not_permitted"],
  ]
  for (const [who, seed, tag, code] of callers)
    it(`is not for ${who}`, async () => assert.equal(await codeOf(ask({}, seed(), tag)), code))

  const refused: readonly (readonly [string, Partial<ScanQuestion>, string])[] = [
    ["rows about patients", { table: "handles" }, "unknown_table"],
    ["a log that grows with patients", { table: "disclosures" }, "unknown_table"],
    ["what is for members", { table: "proposals" }, "unknown_table"],
    ["a table that there is not", { table: "toString" }, "unknown_table"],
    ["a part of a table", { prefix: [new Uint8Array([0x61, 0x61])] }, "unknown_table"],
    ["a key of fewer parts", { after: [new Uint8Array([0x61, 0x61])] }, "bad_input"],
  ]
  for (const [what, question, code] of refused)
    it(`lists no ${what}`, async () => assert.equal(await codeOf(ask(question)), code))

  it("of a member that holds no rows gives what others prove, by the same pages", async () => {
    const rows = Array.from({ length: MAX_ROWS_ASKED + 3 }, (_, i) => {
      const key = new Uint8Array(32)
      new DataView(key.buffer).setUint32(0, i)
      return { key: [key], row: {} }
    })
    const engine = {
      status: async () => ({ checkpoint: { height: 1 } }),
      scan: async (table: unknown) => (table === memberCases ? rows : []),
    }
    const services = { engine } as unknown as Services
    const route = routeOf(networkRowsModule, services, "staff", "/staff/ledger/keys")
    const page = async (after: ScanQuestion["after"]) => {
      const question = encodeCbor({ table: memberCases.name, prefix: [], after } as unknown as Cbor)
      return scanAnswer.parse(decodeCbor(await route.answerTo(question, {} as StaffMember)), "answer")
    }
    const first = await page([])
    assert.equal(first.keys.length, MAX_ROWS_ASKED)
    const second = await page(first.next)
    assert.equal(second.keys.length, 3)
    assert.deepEqual(second.next, [])
    const names = [...first.keys, ...second.keys].map(([key]) => toHex(decodeCbor(key) as Bytes))
    assert.deepEqual(
      names,
      rows.map(({ key: [key] }) => toHex(key)),
    )
  })
})

describe("/staff/fork", () => {
  const client = (name: string) => new StaffClient(url, seedOf(name))

  it("gives the evidence that lies in the node's folder, and no other file", async () => {
    const { config } = network.node("city-hospital").services
    writeFileSync(layout(config.folder).fork(12, "county-hospital"), new Uint8Array([1, 2, 3]))
    assert.deepEqual(
      await client("city-doctor").forkEvidence(12, "county-hospital"),
      new Uint8Array([1, 2, 3]),
    )
    assert.equal(await codeOf(client("city-doctor").forkEvidence(13, "county-hospital")), "not_found")
    assert.equal(await codeOf(client("city-doctor").forkEvidence(12, "../county-hospital")), "bad_input")
  })

  it("is for the own people alone", async () => {
    assert.equal(await codeOf(client("county-admin").forkEvidence(12, "county-hospital")), "not_permitted")
  })
})

describe("/staff/versions", () => {
  it("names nothing where all of this release is active, for administrators alone", async () => {
    const { versions, height } = await new StaffClient(url, seedOf("city-admin")).versions()
    assert.deepEqual(versions, [])
    assert.ok(height > 0)
    for (const name of ["city-doctor", "county-admin"])
      assert.equal(await codeOf(new StaffClient(url, seedOf(name)).versions()), "not_permitted")
  })

  it("has beside it all that this release executes, by which a ballot is compared, for administrators alone", async () => {
    const of = (name: string) => new StaffNode(url, seedOf(name)).releaseVersions()
    const { versions } = await of("city-admin")
    const named = versions.map(({ contract }) => contract)
    for (const name of ["records", "governance", "protocol", "cases.messages"])
      assert.ok(
        named.some((one) => one.startsWith(name)),
        `${named}`,
      )
    for (const { contract, version, sources } of versions)
      assert.deepEqual(sources, hashOf(contract, version, knownProcesses()), contract)
    for (const name of ["city-doctor", "county-admin"]) assert.equal(await codeOf(of(name)), "not_permitted")
  })

  it("names the newest of this release where an older one was decided, or none", async () => {
    const engine = {
      status: async () => ({ checkpoint: { height: 7 } }),
      read: async (_table: unknown, [name]: readonly string[]) => {
        if (name === "library") return undefined
        return {
          versions: [{ version: name === "records" ? 0 : 10_000, sources: randomBytes(32), height: 1 }],
        }
      },
    }
    const services = { engine } as unknown as Services
    const route = routeOf(governanceModule, services, "staff", "/staff/versions")
    const administrator = { isAdministrator: true } as StaffMember
    const answer = await route.answerTo(encodeCbor({}), administrator)
    const { versions, height } = versionsAnswer.parse(decodeCbor(answer), "answer")
    assert.equal(height, 7)
    assert.deepEqual(versions.map(({ contract }) => contract).sort(), ["library", "records"])
    for (const { contract, version, sources } of versions)
      assert.deepEqual(sources, hashOf(contract, version, []))
  })
})
