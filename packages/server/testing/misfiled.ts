import { rmSync } from "node:fs"
import { plainFetch } from "@aceso/client"
import {
  type Bytes,
  type Cbor,
  encodeCbor,
  type Handle,
  handleSeed,
  type ManifestBody,
  publicKey,
  signMove,
  utf8,
} from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { DecisionLog } from "../joins/decision-log.ts"
import { Decisions } from "../joins/decisions.ts"
import { Joins } from "../joins/joins.ts"
import { Moves } from "../joins/moves.ts"
import { Moving } from "../joins/moving.ts"
import { Notices } from "../joins/notices.ts"
import type { StaffMember } from "../node/staff.ts"
import type { StoredRecord } from "../vault/vault.ts"
import type { Patient } from "../vault/vault-people.ts"
import { startLedger, TestCustodian, type TestLedger } from "./custodian.ts"

export const HOUR_MS = 3600_000

export const admin = (name: string, key = `key of ${name}`): StaffMember => ({
  name,
  key: publicKey(seedOf(key)),
  isAdministrator: true,
})

/** One custodian with patients ann, bob and eve, of whom ann and bob have keys, and a clock that the test sets. */
export class MisfiledWorld {
  readonly ledger: TestLedger
  readonly city: TestCustodian
  readonly clock = { time: 1_800_000_000_000, now: () => this.clock.time }
  readonly staff: StaffMember[] = [admin("first"), admin("second"), admin("third")]
  readonly notices: Notices
  readonly joins: Joins
  readonly moves: Moves
  readonly moving: Moving
  readonly faults: unknown[] = []
  private readonly windowMs = 1000
  private readonly spreadMs = 5000
  private count = 0

  private constructor(ledger: TestLedger) {
    this.ledger = ledger
    this.city = new TestCustodian(ledger, "city")
    const { vault, client } = this.city
    this.notices = new Notices(vault, client, { fetch: plainFetch }, this.clock)
    const log = new DecisionLog(this.city.disclosures, "city", this.clock)
    this.joins = new Joins(vault, this.notices, log, this.clock)
    const byKey = (key: Bytes) => this.staff.find((one) => Buffer.from(one.key).equals(key))
    const decisions = new Decisions(vault, this.notices, byKey, this.spreadMs, this.clock)
    this.moves = new Moves(vault, client, decisions, log)
    this.moving = new Moving(vault, decisions, this.windowMs, this.spreadMs)
    this.moving.onFault = (error) => this.faults.push(error)
  }

  static async start(): Promise<MisfiledWorld> {
    const world = new MisfiledWorld(await startLedger("city", "county"))
    const people = ["ann", "bob", "eve"].map((id) => ({
      fullUrl: `urn:uuid:${id}`,
      resource: patient(id),
      request: put(`Patient/${id}`),
    }))
    await world.import({ resourceType: "Bundle", type: "transaction", entry: people })
    await world.city.committer.flush()
    for (const { handle, fhirId } of await world.city.vault.patients()) {
      await world.city.vault.setAlias(handle, fhirId)
      if (fhirId !== "eve") await world.giveKey(handle, fhirId)
    }
    return world
  }

  async end(): Promise<void> {
    await this.city.vault.close()
    await this.ledger.end()
    rmSync(this.ledger.folder, { recursive: true, force: true })
  }

  async import(resource: object) {
    return this.city.importer.import(utf8(JSON.stringify(resource)), "test")
  }

  /** An observation of a patient, on the ledger. @returns its name as aceso patients misfiled takes it */
  async observe(of: string, more: object = {}): Promise<string> {
    const id = `o${++this.count}`
    await this.import(observation(id, of, more))
    await this.city.committer.flush()
    return `Observation/${id}`
  }

  async handleOf(alias: string): Promise<Handle> {
    return ((await this.city.vault.patient({ alias })) as Patient).handle
  }

  keyOf(alias: string, handle: Handle): Bytes {
    return handleSeed(seedOf(alias), "city", handle, 1)
  }

  /** The patient's yes to a move, with whoever's key. */
  async agree(alias: string, id: Bytes, signer = alias): Promise<void> {
    const handle = await this.handleOf(alias)
    const move = (await this.moves.ofPatient(handle)).find((one) => Buffer.from(one.id).equals(id))
    const record = move?.record ?? new Uint8Array(32)
    const statement = { network: this.ledger.engine.network, custodian: "city", id, record }
    const seed = this.keyOf(signer, await this.handleOf(signer))
    await this.moves.agree(handle, id, signMove(statement, seed))
  }

  /** All versions of a resource in one patient's log. */
  async inLog(alias: string, name: string): Promise<StoredRecord[]> {
    const handle = await this.handleOf(alias)
    return (await this.city.vault.log(handle)).filter((one) => `${one.type}/${one.fhirId}` === name)
  }

  async textOf(record: StoredRecord): Promise<string> {
    return Buffer.from((await this.city.vault.content(record)).content).toString()
  }

  later(ms: number): void {
    this.clock.time += ms
  }

  /** One commit window after the other until nothing is due. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      this.later(this.windowMs)
      await this.moving.run()
      await this.city.committer.flush()
    }
  }

  /** A disclosure as the custodian keeps it. */
  async shown(alias: string, to: string, records: readonly StoredRecord[], time = this.clock.time) {
    const handle = await this.handleOf(alias)
    const lines = records.map(({ recordId, version, operation, commitment }) => ({
      entry: { recordId, version, operation, commitment },
      status: "released" as const,
      sent: null,
    }))
    const body = encodeCbor({ ...BODY, handle, recipient: to, time, lines } as unknown as Cbor)
    const n = await this.city.vault.nextDisclosure(handle)
    const tag = seedOf(`tag ${alias} ${n}`).subarray(0, 16)
    const rest = { auditEvent: utf8("{}"), event: seedOf("e"), includeBy: time, height: 1, salt: seedOf("s") }
    await this.city.vault.addDisclosure({ handle, n, tag, body, ...rest })
  }

  private async giveKey(handle: Handle, alias: string): Promise<void> {
    const seed = this.keyOf(alias, handle)
    const key = publicKey(seed)
    await this.city.client.call("people", "enrolKey", { custodian: "city", handle, key }, [seed])
    await this.city.vault.setHasKey(handle)
  }
}

const BODY: Omit<ManifestBody, "handle" | "recipient" | "time" | "lines"> = {
  ...{ network: "aceso-test", requestHash: seedOf("r"), responder: "city", purpose: "TREAT", height: 1 },
  ...{ policyVersion: 0, policyRoot: null, policyState: "current", pendingChange: null, pendingBefore: [] },
}

const put = (url: string) => ({ method: "PUT", url })
const patient = (id: string) => ({ resourceType: "Patient", id, name: [{ family: id }] })
export const observation = (id: string, of: string, more: object = {}) => ({
  ...{ resourceType: "Observation", id, status: "final", code: { text: `seen at ${of}` } },
  subject: { reference: `Patient/${of}`, display: `Name of ${of}` },
  ...more,
})
