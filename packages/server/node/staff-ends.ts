import { MAX_STAFF_ENDS, staffEnds } from "@aceso/contracts"
import { type Bytes, staffEndId, toHex } from "@aceso/core"
import type { LedgerClient } from "./ledger-client.ts"
import type { Staff } from "./staff.ts"

/**
 * What outlives the vault: whose time ended stands on the ledger under a hash of the key, so that no older backup gives
 * them their rights back. What the ledger has not taken yet is found by comparing: the end stands with the person.
 */
export class StaffEnds {
  private readonly ledger: LedgerClient
  private readonly staff: Staff
  /** By key: what the ledger has. */
  private readonly there = new Map<string, number>()

  constructor(ledger: LedgerClient, staff: Staff) {
    this.ledger = ledger
    this.staff = staff
  }

  /** When the time of whoever has this key ended, as far as the ledger knows, ms. */
  async of(key: Bytes): Promise<number | undefined> {
    const { engine, member } = this.ledger
    return (await engine.read(staffEnds, [member, staffEndId(member, key)]))?.asOf
  }

  /** At a start: whose time the ledger knows as ended is ended, whatever the vault says. */
  async begin(): Promise<void> {
    for (const { key } of this.staff.all) {
      const asOf = await this.of(key)
      if (asOf === undefined) continue
      this.there.set(toHex(key), asOf)
      this.staff.endKey(key, asOf)
    }
  }

  /** Brings to the ledger what it has not, also ends that lie ahead. @throws those of LedgerClient.call */
  async publish(): Promise<void> {
    const { member } = this.ledger
    const missing = this.staff.all.flatMap(({ key, to }) => {
      const known = this.there.get(toHex(key)) ?? Number.POSITIVE_INFINITY
      return to !== undefined && to < known ? [{ key, asOf: to }] : []
    })
    for (let i = 0; i < missing.length; i += MAX_STAFF_ENDS) {
      const some = missing.slice(i, i + MAX_STAFF_ENDS)
      const ends = some.map(({ key, asOf }) => ({ person: staffEndId(member, key), asOf }))
      await this.ledger.call("governance", "endStaff", { ends })
      for (const { key, asOf } of some) this.there.set(toHex(key), asOf)
    }
  }
}
