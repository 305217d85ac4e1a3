import { MAX_STAFF_ENDS, staffEnds } from "@aceso/contracts"
import { type Bytes, fromHex, list, object, PlatformError, staffEndId, text, toHex, uint } from "@aceso/core"
import type { Vault } from "../vault/vault.ts"
import type { StaffMember } from "./config.ts"
import type { LedgerClient } from "./ledger-client.ts"
import { isInForce, type Staff } from "./staff.ts"

type Person = Pick<StaffMember, "name" | "key">

const SETTING = "staff"
const known = object({
  people: list(object({ name: text(64), key: text(64) }), 20_000),
  /** Ends that the ledger has not taken yet. */
  ends: list(object({ key: text(64), asOf: uint() }), 20_000),
})

/**
 * What outlives node.json: whose time ended stands on the ledger under a hash of the key, so that no older file gives
 * them their rights back; and the vault knows who was in the file last, so that nobody disappears from it unsaid.
 */
export class StaffEnds {
  private readonly ledger: LedgerClient
  private readonly vault: Pick<Vault, "setting" | "setSetting">
  private readonly staff: Staff
  /** By key: what the ledger has. */
  private readonly there = new Map<string, number>()

  constructor(ledger: LedgerClient, vault: Pick<Vault, "setting" | "setSetting">, staff: Staff) {
    this.ledger = ledger
    this.vault = vault
    this.staff = staff
  }

  /** When these people's time ended, as far as the ledger knows: by key, ms. */
  async of(people: readonly Person[]): Promise<ReadonlyMap<string, number>> {
    const { engine, member } = this.ledger
    const found = new Map<string, number>()
    for (const { key } of people) {
      const row = await engine.read(staffEnds, [member, staffEndId(member, key)])
      if (!row) continue
      found.set(toHex(key), row.asOf)
      this.there.set(toHex(key), row.asOf)
    }
    return found
  }

  /** At a start: whose time the ledger knows as ended, or had not taken before, is ended whatever the file says. */
  async begin(): Promise<void> {
    await this.take(this.staff.all)
    await this.resume()
    await this.note()
  }

  /** Takes up the ends that the ledger had not taken before a restart. */
  async resume(): Promise<void> {
    for (const { key, asOf } of (await this.noted()).ends) this.staff.endKey(fromHex(key), asOf)
  }

  private async take(people: readonly Person[]): Promise<void> {
    for (const [key, asOf] of await this.of(people)) this.staff.endKey(fromHex(key), asOf)
  }

  /**
   * Ends a person's time, also of one who is in node.json no more.
   * @param asOf ms
   * @returns undefined: that person is in node.json no more
   * @throws PlatformError `unknown_person`, `last_administrator`, `two_of_a_name`
   */
  async end(name: string, asOf: number): Promise<StaffMember | undefined> {
    const namesake = (await this.gone()).find((one) => one.name === name)
    const isHere = this.staff.all.some((one) => one.name === name)
    if (namesake && isHere)
      throw new PlatformError(
        "two_of_a_name",
        `two people were called ${name} here, and one of them is in node.json no more: give the one who is there another name and reload it (SIGHUP), then end the other`,
      )
    let ended: StaffMember | undefined
    if (namesake) this.staff.endKey(namesake.key, asOf)
    else ended = this.staff.end(name, asOf)
    await this.note()
    return ended
  }

  /**
   * Takes the people of node.json as it is now. Who was taken out of it is out at once, and for good: coming back takes
   * a key of its own.
   * @returns the names of those who were taken out
   * @throws PlatformError `last_administrator`; then everybody stays
   */
  async replace(people: readonly StaffMember[], now = Date.now()): Promise<readonly string[]> {
    await this.take(people)
    if (!people.some((one) => one.isAdministrator && isInForce(one, now)))
      throw new PlatformError(
        "last_administrator",
        "this node would be left without an administrator; put one into staff in node.json",
      )
    const here = new Set(people.map(({ key }) => toHex(key)))
    const isOver = ({ to }: StaffMember) => to !== undefined && to <= now
    const out = this.staff.all.filter((one) => !here.has(toHex(one.key)) && !isOver(one))
    this.staff.replace(people)
    for (const { key } of out) this.staff.endKey(key, now)
    await this.note()
    return out.map(({ name }) => name)
  }

  /** Whether the ledger lacks the end of somebody's time, which may have come just now. */
  isBehind(now = Date.now()): boolean {
    return this.missing(now).length > 0
  }

  private missing(now: number): [string, number][] {
    return [...this.staff.ended(now)].filter(
      ([key, asOf]) => asOf < (this.there.get(key) ?? Number.POSITIVE_INFINITY),
    )
  }

  private async noted() {
    const text = await this.vault.setting(SETTING)
    return text === undefined ? { people: [], ends: [] } : known.parse(JSON.parse(text), SETTING, "json")
  }

  /** Brings to the ledger what it has not. @throws those of LedgerClient.call */
  async publish(now = Date.now()): Promise<void> {
    const { member } = this.ledger
    const missing = this.missing(now)
    for (let i = 0; i < missing.length; i += MAX_STAFF_ENDS) {
      const some = missing.slice(i, i + MAX_STAFF_ENDS)
      const ends = some.map(([key, asOf]) => ({ person: staffEndId(member, fromHex(key)), asOf }))
      await this.ledger.call("governance", "endStaff", { ends })
      for (const [key, asOf] of some) this.there.set(key, asOf)
    }
    if (missing.length > 0) await this.note(now)
  }

  /** Who stood in node.json when this was last noted, is not there now, and whose time was never ended. */
  async gone(now = Date.now()): Promise<readonly Person[]> {
    const here = new Set(this.staff.all.map(({ key }) => toHex(key)))
    const ended = this.staff.ended(now)
    return (await this.noted()).people
      .filter(({ key }) => !here.has(key) && !ended.has(key))
      .map(({ name, key }) => ({ name, key: fromHex(key) }))
  }

  /** Who is gone stays known until their time is ended or they are in the file again. */
  async note(now = Date.now()): Promise<void> {
    const all = [...this.staff.all, ...(await this.gone(now))]
    const people = all.map(({ name, key }) => ({ name, key: toHex(key) }))
    const ends = this.missing(now).map(([key, asOf]) => ({ key, asOf }))
    const text = JSON.stringify({ people, ends })
    if (text !== (await this.vault.setting(SETTING))) await this.vault.setSetting(SETTING, text)
  }
}

/** What an operator is told about people who are not in node.json any more. */
export function goneFromFile(people: readonly { readonly name: string; readonly key: Bytes }[]) {
  const names = people.slice(0, 10).map(({ name }) => name)
  const more = people.length > names.length ? ` and ${people.length - names.length} more` : ""
  return new PlatformError(
    "staff_gone",
    `${names.join(", ")}${more} stood in node.json before and can do nothing now. If they left, end their time with aceso staff end <name>, so that no older node.json brings them back; if node.json is an older one, put them back into it`,
  )
}
