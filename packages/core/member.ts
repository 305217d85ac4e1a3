import type { MemberId, PublicKey } from "./ids.ts"
import { type Infer, oneOf } from "./schema.ts"

/** What an organisation is; what it may do, its abilities and licences say. `office`: a government office. */
export const memberKind = oneOf(
  "authority",
  "custodian",
  "insurer",
  "pharmacy",
  "manufacturer",
  "distributor",
  "supplier",
  "laboratory",
  "researcher",
  "regulator",
  "charity",
  "fund",
  "office",
  "app",
)
export type MemberKind = Infer<typeof memberKind>

/** What a member is on the ledger: whether it keeps patients' records, votes, runs a validator. */
export const ability = oneOf("keepsRecords", "votes", "validates")
export type Ability = Infer<typeof ability>

/** What the authority allows an organisation to do, for a time: treat patients (and evaluate pseudonyms), and so on. */
export const licence = oneOf("treat", "contribute", "review", "handleDrugs", "runDesk", "emergency")
export type Licence = Infer<typeof licence>

const ABILITIES: Readonly<Partial<Record<MemberKind, readonly Ability[]>>> = {
  authority: ["votes", "validates"],
  custodian: ["keepsRecords", "votes", "validates"],
  // It keeps its own users' records.
  app: ["keepsRecords"],
}

/** What members of a kind have where nothing else is decided. */
export const abilitiesOf = (kind: MemberKind): readonly Ability[] => ABILITIES[kind] ?? []

/** Votes, and rows about patients, are with authorities and custodians alone (LEDGER.md, Governance; PRIVACY.md). */
export const mayHave = (kind: MemberKind, one: Ability): boolean =>
  one === "keepsRecords" ? kind !== "authority" : kind === "authority" || kind === "custodian"

/** An organisation as the ledger knows it at a block's time. */
export interface Member {
  readonly member: MemberId
  readonly kind: MemberKind
  readonly abilities: readonly Ability[]
  /** Those that are valid at that time. */
  readonly licences: readonly Licence[]
}

/** A key that signed, and whose it is. */
export interface Signer {
  readonly key: PublicKey
  /** The member whose key it is or was; undefined: nobody's, such as a patient's. */
  readonly of?: MemberId
  /** That member, where the key speaks for it now. */
  readonly member?: Member
  /** Why it does not. */
  readonly refusal?: "key_not_valid" | "member_suspended"
}
