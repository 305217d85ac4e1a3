import type { EventType, Member, Parties, PublicKey, Readers, StateReader, Table } from "@aceso/core"
import { equalBytes, memberId, publicKeySchema } from "@aceso/core"

/** Who asks a node for rows or events: a member, whoever has a key that is no member's, or nobody that is known. */
export interface Reader {
  readonly member?: Member
  readonly key?: PublicKey
}

/** Among these members all rows lie: what they ask of another they have themselves. */
export const holdsAll = ({ member }: Reader): boolean =>
  member?.kind === "authority" || member?.kind === "custodian"

/** Whether a reader is among those who are named, or holds all rows anyway. */
export function isAmong(parties: Parties, reader: Reader): boolean {
  const { member, key } = reader
  if (holdsAll(reader) || (member && parties.members.includes(member.member))) return true
  return key !== undefined && parties.keys.some((one) => equalBytes(one, key))
}

function mayRead(readers: Readers, reader: Reader, parties: () => Parties | undefined): boolean {
  if (readers === "public" || holdsAll(reader)) return true
  switch (readers) {
    case "members":
      return reader.member !== undefined
    case "parties": {
      const named = parties()
      return named !== undefined && isAmong(named, reader)
    }
    case "custodians":
      return false
  }
}

/** Whether there can be a row of the table that this reader may have. */
export function mayEverRead({ readers }: Table, reader: Reader): boolean {
  if (readers === "parties") return reader.member !== undefined || reader.key !== undefined
  return mayRead(readers, reader, () => undefined)
}

/**
 * Whether a reader may have a row with its proof. Of a row that is not there nobody is named: where it is only for those
 * it names, its absence is told to those whom its key names, since whoever is told that one row is absent and refused
 * another knows of both. A key that names nobody, such as a case's id, has to be known to ask.
 */
export const mayReadRow = (
  table: Table,
  key: readonly unknown[],
  row: unknown,
  state: StateReader,
  reader: Reader,
): boolean =>
  table.readers === "parties" && row === undefined
    ? mayKnowAbsence(table, key, reader)
    : mayRead(table.readers, reader, () => table.parties?.(row as never, key as never, state))

function mayKnowAbsence(table: Table, key: readonly unknown[], reader: Reader): boolean {
  if (holdsAll(reader)) return true
  const names = table.key.map((part) => part === memberId || part === publicKeySchema)
  if (!names.includes(true)) return reader.member !== undefined || reader.key !== undefined
  return key.some((part, i) => {
    if (!names[i]) return false
    if (part instanceof Uint8Array) return reader.key !== undefined && equalBytes(part, reader.key)
    return part === reader.member?.member
  })
}

/** Whether a reader may ask for all rows below the first parts of a key: of those that name somebody, the own ones. */
export function mayScan(table: Table, prefix: readonly unknown[], reader: Reader): boolean {
  if (table.readers !== "parties") return mayRead(table.readers, reader, () => undefined)
  return holdsAll(reader) || (reader.member !== undefined && prefix[0] === reader.member.member)
}

export const mayHear = (type: EventType, data: unknown, reader: Reader): boolean =>
  mayRead(type.readers, reader, () => type.parties?.(data))
