import {
  abilitiesOf,
  type Bytes,
  type HandleKey,
  handleSeed,
  type MemberId,
  type MemberKind,
  type PublicKey,
  publicKey,
  put,
  sha256,
  utf8,
  type Write,
} from "@aceso/core"
import { electorate, memberKeyLists, memberKeys, members } from "../governance/v1/governance.ts"
import { handles } from "../people/v1/people.ts"
import { MemoryState } from "./state.ts"

/** A small consortium, written row by row; keys follow from names. */
export const NOW = 1_700_000_000_000
export const AN_HOUR_AGO = NOW - 3_600_000

export const hashOf = (name: string): Bytes => sha256(utf8(name))
export const seedOf = (name: string): Bytes => hashOf(`seed of ${name}`)
const keys = new Map<string, PublicKey>()
/** Remembered: tables of thousands of rows ask for the same few. */
export function keyOf(name: string): PublicKey {
  const found = keys.get(name) ?? publicKey(seedOf(name))
  keys.set(name, found)
  return found
}
export const handleOf = (name: string): Bytes => hashOf(`handle of ${name}`)
export const patientSeed = (name: string, custodian: MemberId): Bytes =>
  handleSeed(seedOf(name), custodian, handleOf(name), 1)
export const patientKey = (name: string, custodian: MemberId): PublicKey =>
  publicKey(patientSeed(name, custodian))

export const memberRow = (member: MemberId, kind: MemberKind, status: "active" | "suspended" = "active") => ({
  name: `Member ${member}`,
  kind,
  abilities: abilitiesOf(kind),
  url: `https://${member}.example`,
  status,
  admittedAt: AN_HOUR_AGO,
})

export const keyRow = (member: MemberId, from = AN_HOUR_AGO, to: number | null = null) => ({
  member,
  from,
  to,
  compromisedAt: null,
})

const member = (name: MemberId, kind: MemberKind, status?: "suspended"): Write[] => [
  put(members, [name], memberRow(name, kind, status)),
  put(memberKeys, [keyOf(name)], keyRow(name)),
  keyList(name, [name]),
]

/** The keys of these names as the valid ones of a member. */
export const keyList = (
  member: MemberId,
  names: readonly string[],
  registeredAt: readonly number[] = [],
): Write => put(memberKeyLists, [member], { valid: names.map(keyOf), registeredAt })
/** City's, in world(). */
export const CITY_KEYS = ["city", "city soon", "city spare"]

/**
 * Voters: authority, city and county. `shut` is a suspended custodian, `payer` an insurer. City also has the
 * keys `city soon` (valid from NOW), `city old` (valid until NOW) and `city spare`.
 * Handles at city: ann (with a key) and bob (without); at county: cat (with a key).
 */
export const world = (): MemoryState =>
  new MemoryState().write([
    ...member("authority", "authority"),
    ...member("city", "custodian"),
    ...member("county", "custodian"),
    ...member("shut", "custodian", "suspended"),
    ...member("payer", "insurer"),
    put(memberKeys, [keyOf("city soon")], keyRow("city", NOW)),
    put(memberKeys, [keyOf("city old")], keyRow("city", AN_HOUR_AGO, NOW)),
    put(memberKeys, [keyOf("city spare")], keyRow("city")),
    keyList("city", CITY_KEYS),
    put(electorate, [], { voters: ["authority", "city", "county"] }),
    put(handles, ["city", handleOf("ann")], handleRow(patientKey("ann", "city"))),
    put(handles, ["city", handleOf("bob")], handleRow(null)),
    put(handles, ["county", handleOf("cat")], handleRow(patientKey("cat", "county"))),
  ])

export const handleRow = (
  key: PublicKey | null,
  enrolledAt = AN_HOUR_AGO,
  next: HandleKey["next"] = null,
) => ({
  key,
  keyNumber: key ? 1 : 0,
  enrolledAt,
  next,
})
