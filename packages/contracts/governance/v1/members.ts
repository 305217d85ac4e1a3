import {
  type Ability,
  abilitiesOf,
  type Licence,
  type MemberId,
  type MemberKind,
  mayHave,
  type PublicKey,
  put,
  type Signer,
  type StateReader,
  type Write,
} from "@aceso/core"
import {
  type Change,
  licences,
  MAX_LICENCES,
  memberKeyLists,
  memberKeys,
  members,
  validators,
} from "./tables.ts"

/** Whose a key is at this time (ms), and what that member may do. */
export function signerOf(state: StateReader, key: PublicKey, time: number): Signer {
  const row = state.get(memberKeys, [key])
  if (!row) return { key }
  const { member: of } = row
  if (time < row.from || (row.to !== null && time >= row.to)) return { key, of, refusal: "key_not_valid" }
  const member = state.get(members, [of])
  if (member?.status !== "active") return { key, of, refusal: "member_suspended" }
  const { kind, abilities } = member
  return { key, of, member: { member: of, kind, abilities, licences: licencesAt(state, of, time) } }
}

const licencesAt = (state: StateReader, member: MemberId, time: number): Licence[] =>
  (state.get(licences, [member])?.all ?? []).filter((one) => isValid(one, time)).map(({ what }) => what)

const isValid = ({ from, to }: { readonly from: number; readonly to: number | null }, time: number) =>
  time >= from && (to === null || time < to)

/** What a member has once these changes are made; undefined: there is no such member. */
export function abilitiesAfter(
  state: StateReader,
  member: MemberId,
  changes: readonly Change[],
): readonly Ability[] | undefined {
  const change = changes.findLast(
    (one) => one.member === member && (one.do === "admit" || one.do === "setAbilities"),
  )
  if (change?.do === "setAbilities") return change.abilities
  if (change?.kind) return change.abilities ?? abilitiesOf(change.kind)
  return state.get(members, [member])?.abilities
}

export function isBadAbilities(kind: MemberKind, abilities: readonly Ability[]): boolean {
  return new Set(abilities).size < abilities.length || abilities.some((one) => !mayHave(kind, one))
}

export function refusalOfAbilities(state: StateReader, { member, abilities }: Change) {
  if (member === undefined || abilities === undefined) return "change_incomplete"
  const row = state.get(members, [member])
  if (!row) return "unknown_member"
  if (isBadAbilities(row.kind, abilities)) return "bad_abilities"
  const status = state.get(validators, [member])?.status
  const validatesNow = status !== undefined && status !== "removed" && status !== "leaving"
  return validatesNow && !abilities.includes("validates") ? "still_validates" : undefined
}

export function refusalOfLicence(state: StateReader, change: Change, time: number) {
  const { member, licence, until } = change
  if (member === undefined || licence === undefined) return "change_incomplete"
  if (!state.get(members, [member])) return "unknown_member"
  const all = state.get(licences, [member])?.all ?? []
  const isThere = all.some((one) => one.what === licence && isValid(one, time))
  if (change.do === "endLicence") return isThere ? undefined : "unknown_licence"
  if (isThere) return "licence_exists"
  if (until !== undefined && until <= time) return "bad_time"
  return all.length >= MAX_LICENCES ? "too_many_licences" : undefined
}

/** The list of a member's licences as these changes leave it. */
export function licensed(state: StateReader, changes: readonly Change[], time: number): Write[] {
  const byMember = Map.groupBy(
    changes.filter((one) => one.do === "grantLicence" || one.do === "endLicence"),
    ({ member }) => member as MemberId,
  )
  return [...byMember].map(([member, some]) => {
    let all = state.get(licences, [member])?.all ?? []
    for (const { do: what, licence, until } of some as Required<Change>[])
      all =
        what === "grantLicence"
          ? [...all, { what: licence, from: time, to: until ?? null }]
          : all.map((one) => (one.what === licence && isValid(one, time) ? { ...one, to: time } : one))
    return put(licences, [member], { all })
  })
}

export function admission(
  member: MemberId,
  {
    name,
    kind,
    url,
    key,
    abilities = abilitiesOf(kind),
  }: {
    name: string
    kind: MemberKind
    url: string
    key: PublicKey
    abilities?: readonly Ability[] | undefined
  },
  time: number,
): Write[] {
  return [
    put(members, [member], { name, kind, abilities, url, status: "active", admittedAt: time }),
    put(memberKeys, [key], { member, from: time, to: null, compromisedAt: null }),
    put(memberKeyLists, [member], { valid: [key], registeredAt: [] }),
  ]
}
