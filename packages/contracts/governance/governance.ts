import {
  type Authorised,
  accept,
  action,
  bool,
  bytes,
  type Cbor,
  type Context,
  type Contract,
  domainHash,
  equalBytes,
  type GenesisDocument,
  hash32,
  type Infer,
  list,
  type MemberId,
  memberId,
  nameOf,
  nullable,
  object,
  oneOf,
  optional,
  type PublicKey,
  publicKeySchema,
  put,
  type Rejected,
  reject,
  type StateReader,
  table,
  tables,
  text,
  uint,
  type Write,
} from "@aceso/core"

export const memberKind = oneOf(
  "authority",
  "custodian",
  "insurer",
  "pharmacy",
  "manufacturer",
  "researcher",
  "regulator",
)
export type MemberKind = Infer<typeof memberKind>

export const members = table({
  name: "members",
  key: [memberId],
  row: object({
    name: text(100),
    kind: memberKind,
    url: text(200),
    status: oneOf("active", "suspended"),
    admittedAt: uint(),
  }),
  version: 1,
  readers: "members",
})

/** Keys of organisations, append-only, so that a receipt stays checkable after rotation. */
export const memberKeys = table({
  name: "memberKeys",
  key: [publicKeySchema],
  row: object({ member: memberId, from: uint(), to: nullable(uint()), compromisedAt: nullable(uint()) }),
  version: 1,
  readers: "members",
})

/** Who votes: the authority and the custodians. */
export const electorate = table({
  name: "electorate",
  key: [],
  row: object({ voters: list(memberId, 1000) }),
  version: 1,
  readers: "members",
})

const change = object({
  do: oneOf("admit", "suspend", "reinstate"),
  member: memberId,
  name: optional(text(100)),
  kind: optional(memberKind),
  url: optional(text(200)),
  key: optional(publicKeySchema),
})
const changes = list(change, 16, 1)
type Change = Infer<typeof change>

export const proposals = table({
  name: "proposals",
  key: [hash32],
  row: object({
    proposer: memberId,
    changes,
    voters: list(memberId, 1000),
    yes: list(memberId, 1000),
    no: list(memberId, 1000),
    openedAt: uint(),
    status: oneOf("open", "passed", "rejected"),
  }),
  version: 1,
  readers: "members",
})

/** Roots over the salted leaves (key, role, validity) of an organisation's practitioners. */
export const directories = table({
  name: "directories",
  key: [memberId],
  row: object({ version: uint(), root: hash32 }),
  version: 1,
  readers: "members",
})

export const PROPOSAL_LIFETIME_MS = 14 * 24 * 3600 * 1000

export interface MemberCaller {
  readonly member: MemberId
  readonly kind: MemberKind
}
export type MemberRejection = "unknown_key" | "key_not_valid" | "member_suspended" | "not_permitted"

/** The member that a key speaks for at this block's time. */
export function memberOf(
  state: StateReader,
  key: PublicKey,
  time: number,
): MemberCaller | Rejected<MemberRejection> {
  const row = state.get(memberKeys, [key])
  if (!row) return reject("unknown_key")
  if (time < row.from || (row.to !== null && time >= row.to)) return reject("key_not_valid")
  const member = state.get(members, [row.member])
  if (member?.status !== "active") return reject("member_suspended")
  return { member: row.member, kind: member.kind }
}

/** One signature, by a key of an active member of one of these kinds (none named: of any). */
export const byMember =
  (...kinds: readonly MemberKind[]) =>
  (
    state: StateReader,
    _input: unknown,
    { signers, time }: Context,
  ): Authorised<MemberCaller> | Rejected<MemberRejection | "too_many_signers"> => {
    if (signers.length !== 1) return reject("too_many_signers")
    const found = memberOf(state, signers[0], time)
    if ("rejection" in found) return found
    if (kinds.length > 0 && !kinds.includes(found.kind)) return reject("not_permitted")
    return { caller: found, chargedTo: found.member }
  }

const propose = action({
  input: object({ changes }),
  callers: "a voter: the authority or a custodian",
  calledBy: byMember("authority", "custodian"),
  apply(state, { changes }, { caller, time, height }) {
    const { voters } = state.get(electorate, []) ?? { voters: [] }
    const wrong = refusalOfAll(state, changes)
    if (wrong) return reject(wrong)
    const id = domainHash("proposal", caller.member, height, changes as unknown as Cbor)
    if (state.get(proposals, [id])) return reject("already_proposed")
    return decide(
      state,
      id,
      {
        proposer: caller.member,
        changes,
        voters,
        yes: [caller.member],
        no: [],
        openedAt: time,
        status: "open",
      },
      time,
    )
  },
})

const vote = action({
  input: object({ proposal: hash32, yes: bool() }),
  callers: "a voter of the time when the proposal was opened",
  calledBy: byMember("authority", "custodian"),
  apply(state, { proposal, yes }, { caller, time }) {
    const row = state.get(proposals, [proposal])
    if (!row) return reject("unknown_proposal")
    if (row.status !== "open") return reject("proposal_closed")
    if (time >= row.openedAt + PROPOSAL_LIFETIME_MS) return reject("proposal_lapsed")
    if (!row.voters.includes(caller.member)) return reject("not_a_voter")
    if (row.yes.includes(caller.member) || row.no.includes(caller.member)) return reject("already_voted")
    const ballots = yes ? { yes: [...row.yes, caller.member] } : { no: [...row.no, caller.member] }
    return decide(state, proposal, { ...row, ...ballots }, time)
  },
})

type Proposal = Infer<typeof proposals.row>

/** More than half of those that were voters when it was opened. */
function decide(state: StateReader, id: Uint8Array, proposal: Proposal, time: number) {
  const { voters, yes, no, changes } = proposal
  if (2 * no.length >= voters.length)
    return accept(
      [put(proposals, [id], { ...proposal, status: "rejected" })],
      [{ name: "proposalRejected", data: { proposal: id } }],
    )
  if (2 * yes.length <= voters.length)
    return accept([put(proposals, [id], proposal)], [{ name: "proposalOpen", data: { proposal: id } }])
  const passed = put(proposals, [id], { ...proposal, status: "passed" as const })
  const event = { name: "proposalPassed", data: { proposal: id } }
  // What was right when it was opened may have become impossible: then none of it has an effect.
  if (refusalOfAll(state, changes)) return accept([passed], [{ ...event, name: "proposalWithoutEffect" }])
  const effects = changes.flatMap((change) => effect(state, change, time))
  return accept([passed, ...effects, put(electorate, [], { voters: votersAfter(state, changes) })], [event])
}

type ChangeRefusal =
  | "member_incomplete"
  | "member_exists"
  | "key_exists"
  | "unknown_member"
  | "changed_twice"
  | "no_voter_left"

function refusalOfAll(state: StateReader, changes: readonly Change[]): ChangeRefusal | undefined {
  const seen = new Set<string>()
  for (const change of changes) {
    const names = change.key ? [change.member, nameOf(change.key)] : [change.member]
    for (const name of names) {
      if (seen.has(name)) return "changed_twice"
      seen.add(name)
    }
    const wrong = refusalOf(state, change)
    if (wrong) return wrong
  }
  return votersAfter(state, changes).length === 0 ? "no_voter_left" : undefined
}

function refusalOf(state: StateReader, change: Change): ChangeRefusal | undefined {
  const row = state.get(members, [change.member])
  if (change.do !== "admit") return row ? undefined : "unknown_member"
  if (
    change.name === undefined ||
    change.kind === undefined ||
    change.url === undefined ||
    change.key === undefined
  )
    return "member_incomplete"
  if (row) return "member_exists"
  return state.get(memberKeys, [change.key]) ? "key_exists" : undefined
}

function votersAfter(state: StateReader, changes: readonly Change[]): readonly MemberId[] {
  let voters = state.get(electorate, [])?.voters ?? []
  for (const change of changes) {
    voters = voters.filter((voter) => voter !== change.member)
    const kind = change.do === "admit" ? change.kind : state.get(members, [change.member])?.kind
    if (change.do !== "suspend" && (kind === "authority" || kind === "custodian"))
      voters = [...voters, change.member]
  }
  return voters
}

function effect(state: StateReader, change: Change, time: number): Write[] {
  if (change.do === "admit") {
    const { member, name, kind, url, key } = change as Required<Change>
    return admission(member, { name, kind, url, key }, time)
  }
  const row = state.get(members, [change.member])
  const status = change.do === "suspend" ? "suspended" : "active"
  return row ? [put(members, [change.member], { ...row, status })] : []
}

function admission(
  member: MemberId,
  { name, kind, url, key }: { name: string; kind: MemberKind; url: string; key: PublicKey },
  time: number,
): Write[] {
  return [
    put(members, [member], { name, kind, url, status: "active", admittedAt: time }),
    put(memberKeys, [key], { member, from: time, to: null, compromisedAt: null }),
  ]
}

const registerKey = action({
  input: object({ key: publicKeySchema }),
  callers: "a member with a valid key, and the new key itself",
  calledBy(
    state,
    { key },
    { signers, time },
  ): Authorised<MemberCaller> | Rejected<MemberRejection | "new_key_must_sign"> {
    const others = signers.filter((signer) => !equalBytes(signer, key))
    if (others.length !== 1 || signers.length !== 2) return reject("new_key_must_sign")
    const found = memberOf(state, others[0], time)
    return "rejection" in found ? found : { caller: found, chargedTo: found.member }
  },
  apply(state, { key }, { caller, time }) {
    if (state.get(memberKeys, [key])) return reject("key_exists")
    const row = { member: caller.member, from: time, to: null, compromisedAt: null }
    return accept(
      [put(memberKeys, [key], row)],
      [{ name: "keyRegistered", data: { member: caller.member, key } }],
    )
  },
})

const retireKey = action({
  input: object({ key: publicKeySchema, compromisedAt: optional(uint()) }),
  callers: "the member whose key it is, with another valid key",
  calledBy: byMember(),
  apply(state, { key, compromisedAt }, { caller, time, signers }) {
    const row = state.get(memberKeys, [key])
    if (!row || row.member !== caller.member) return reject("unknown_key")
    if (equalBytes(signers[0], key)) return reject("sign_with_another_key")
    if (row.to !== null) return reject("already_retired")
    if (compromisedAt !== undefined && (compromisedAt < row.from || compromisedAt > time))
      return reject("bad_time")
    const retired = { ...row, to: time, compromisedAt: compromisedAt ?? null }
    return accept(
      [put(memberKeys, [key], retired)],
      [{ name: "keyRetired", data: { member: caller.member, key } }],
    )
  },
})

const setDirectory = action({
  input: object({ base: uint(), root: bytes(32) }),
  callers: "the member itself",
  calledBy: byMember(),
  apply(state, { base, root }, { caller }) {
    const version = state.get(directories, [caller.member])?.version ?? 0
    if (version !== base) return reject("directory_changed_meanwhile")
    return accept([put(directories, [caller.member], { version: base + 1, root })])
  },
})

const setUrl = action({
  input: object({ url: text(200) }),
  callers: "the member itself",
  calledBy: byMember(),
  apply(state, { url }, { caller }) {
    // Whoever calls is an active member: the row is there.
    const row = state.get(members, [caller.member]) as Infer<typeof members.row>
    return accept([put(members, [caller.member], { ...row, url })])
  },
})

export const governance: Contract = {
  name: "governance",
  version: 1,
  tables: tables(members, memberKeys, electorate, proposals, directories),
  reads: [],
  actions: { propose, vote, registerKey, retireKey, setDirectory, setUrl },
}

export function genesisRows(genesis: GenesisDocument): readonly Write[] {
  const { member, name, key, url } = genesis.founder
  return [
    ...admission(member, { name, kind: "authority", url, key }, genesis.time),
    put(electorate, [], { voters: [member] }),
  ]
}
