import { publicKey } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { Directory } from "../node/directory.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Origin, Rights, StaffPerson } from "../node/person.ts"
import { Personnel } from "../node/personnel.ts"
import { Seconds } from "../node/seconds.ts"
import { Staff } from "../node/staff.ts"
import { StaffEnds } from "../node/staff-ends.ts"
import { StaffTable, type StaffTables, staffMigrations } from "../node/staff-table.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"

export const keyOf = (name: string) => publicKey(seedOf(name))

/** Somebody since ever, with one device, whose key is that of the name. */
export function person(
  name: string,
  { role, isAdministrator = false, from = 0, by }: Partial<Rights & Origin & { readonly from: number }> = {},
): StaffPerson {
  const origin = by !== undefined && { by }
  const rights = { isAdministrator, ...(role !== undefined && { role }) }
  return {
    name,
    salt: seedOf(`salt of ${name}`),
    devices: [{ key: keyOf(name), label: "device-1", from, ...origin }],
    terms: [{ ...rights, salt: seedOf(`salt of the term of ${name}`), from, ...origin }],
  }
}
export const admin = (name: string) => person(name, { isAdministrator: true })
export const doctor = (name: string) => person(name, { role: "doctor" })

/** The people in a vault that lies at `folder`. */
export function peopleAt(folder: string) {
  const vault = new SqliteVault({ folder, organisation: "city", masterKey: seedOf("vault") })
  const database = vault.moduleDatabase<StaffTables>("staff", staffMigrations)
  return { vault, table: new StaffTable(database), seconds: new Seconds(database) }
}

/** A node's people as they are after its start on this vault. */
export async function nodeAt(folder: string, client: LedgerClient, twoAdministrators = false) {
  const { vault, table, seconds } = peopleAt(folder)
  const staff = new Staff()
  const staffEnds = new StaffEnds(client, staff)
  const directory = new Directory(client, staff, staffEnds, () => {})
  const parts = { staff, staffTable: table, staffEnds, seconds, directory, config: { twoAdministrators } }
  const personnel = new Personnel(parts)
  await personnel.begin()
  return { vault, table, seconds, staff, staffEnds, directory, personnel }
}
