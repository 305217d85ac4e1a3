import { MAX_STAFF_ENDS, staffEnds } from "@aceso/contracts"
import { type Bytes, type PublicKey, staffEndId, toHex } from "@aceso/core"
import type { LedgerClient } from "./ledger-client.ts"
import { endsOf, secretsOf, withEnds } from "./person-on-ledger.ts"
import type { Staff } from "./staff.ts"

/** So many are asked for at one time: a member that does not validate asks others. */
const ABREAST = 16

/**
 * What outlives the vault: whose key, term or time ended stands on the ledger under a hash of what nobody else knows, so
 * that no older backup gives them their rights back. What the ledger has not taken yet is found by comparing: the end
 * stands with the person.
 */
export class StaffEnds {
  private readonly ledger: LedgerClient
  private readonly staff: Staff
  /** By key or salt: what the ledger has. */
  private readonly there = new Map<string, number>()

  constructor(ledger: LedgerClient, staff: Staff) {
    this.ledger = ledger
    this.staff = staff
  }

  /** When what has this secret ended, as far as the ledger knows, ms. @param secret a key, or a salt */
  async of(secret: Bytes): Promise<number | undefined> {
    const { engine, member } = this.ledger
    return (await engine.read(staffEnds, [member, this.idOf(secret)]))?.asOf
  }

  /** At a start: what the ledger knows as ended is ended, whatever the vault says. */
  async begin(): Promise<void> {
    const secrets = this.staff.all.flatMap(secretsOf)
    for (let i = 0; i < secrets.length; i += ABREAST)
      await Promise.all(
        secrets.slice(i, i + ABREAST).map(async (secret) => {
          const asOf = await this.of(secret)
          if (asOf !== undefined) this.there.set(toHex(secret), asOf)
        }),
      )
    this.staff.take(this.staff.all.map((one) => withEnds(one, (secret) => this.there.get(toHex(secret)))))
  }

  /** Brings to the ledger what it has not, also ends that lie ahead. @throws those of LedgerClient.call */
  async publish(): Promise<void> {
    const missing = this.staff.all
      .flatMap(endsOf)
      .filter(({ secret, asOf }) => asOf < (this.there.get(toHex(secret)) ?? Number.POSITIVE_INFINITY))
    for (let i = 0; i < missing.length; i += MAX_STAFF_ENDS) {
      const some = missing.slice(i, i + MAX_STAFF_ENDS)
      const ends = some.map(({ secret, asOf }) => ({ person: this.idOf(secret), asOf }))
      await this.ledger.call("governance", "endStaff", { ends })
      for (const { secret, asOf } of some) this.there.set(toHex(secret), asOf)
    }
  }

  /** Salts are as long as keys, and as little known. */
  private idOf(secret: Bytes): Bytes {
    return staffEndId(this.ledger.member, secret as PublicKey)
  }
}
