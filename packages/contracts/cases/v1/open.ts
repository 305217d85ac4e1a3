import {
  type Accepted,
  type Authorised,
  accept,
  action,
  type Bytes,
  bytes,
  type Context,
  type ContractState,
  caseId,
  divide,
  entitled,
  equalBytes,
  hash32,
  type Infer,
  list,
  MAX_LIFETIME_MS,
  MAX_PARTIES,
  MAX_STEP_DOCUMENTS,
  type Member,
  type MemberRejection,
  memberId,
  memberOf,
  nameInProcess,
  nameOf,
  object,
  occurs,
  optional,
  type PartyRule,
  type Process,
  type PublicKey,
  partyOf,
  processName,
  publicKeySchema,
  put,
  type Rejected,
  reject,
  stepOf,
  uint,
  type Write,
} from "@aceso/core"
import { activeAt, keyOwner, memberStanding } from "../../views.ts"
import { opened } from "./events.ts"
import { fill, forgetAt, paidInAdvance } from "./purse.ts"
import { type Case, capability, caseKeys, caseSteps, cases, MAX_CAPABILITIES } from "./tables.ts"

/**
 * `minute` and `random` make the case's id (core/case-id.ts), so that none is ever used again. `parties`: those that are
 * there from the beginning, the opener only where it is a key; one without a device has no key but `capabilities`.
 */
export const openInput = object({
  process: processName,
  minute: uint(),
  random: bytes(32),
  parties: list(
    object({ party: nameInProcess, member: optional(memberId), key: optional(publicKeySchema) }),
    MAX_PARTIES,
  ),
  documents: list(hash32, MAX_STEP_DOCUMENTS),
  capabilities: list(capability, MAX_CAPABILITIES),
})
type OpenInput = Infer<typeof openInput>
type Party = Case["parties"][number]

/** The process that cases are opened under at a height. */
export type Known = (name: string, version: number) => Process | undefined

const MINUTE_MS = 60_000

interface Opener {
  readonly definition: Process
  /** The member that opens, or that stands sponsor for a key. */
  readonly member: Member
  /** Of an opener that is none. */
  readonly key?: PublicKey
}

export const openCase = (known: Known) =>
  action({
    input: openInput,
    callers: "the party that opens; a key together with a member that pays for it",
    calledBy: (state, input, context): Authorised<Opener> | Rejected<MemberRejection | OpenerRejection> => {
      const active = state.see(activeAt, [`cases.${input.process}`, context.height])
      const definition = active && known(input.process, active.version)
      if (!definition) return reject("unknown_process")
      const opener = openerOf(definition, input, context)
      if ("rejection" in opener) return opener
      return {
        caller: opener,
        chargedTo: opener.member.member,
        inAdvance: paidInAdvance(definition),
      }
    },
    apply(state, input, { caller: { definition, member, key }, time }) {
      const minute = divide(time, MINUTE_MS)
      const slack = divide(MAX_LIFETIME_MS, MINUTE_MS)
      if (input.minute < minute - slack || input.minute > minute + slack) return reject("case_id_not_new")
      const id = caseId(input.minute, key ?? member.member, input.random)
      if (state.get(cases, [id])) return reject("case_exists")
      const { opens } = definition
      if (input.documents.length !== opens.documents.length) return reject("documents_differ")
      const parties = partiesAtOpening(state, definition, input, key ? undefined : member)
      if ("rejection" in parties) return parties
      const wrong = refusalOfCapabilities(definition, parties, input)
      if (wrong) return reject(wrong)
      const keys = keysOf(state, parties, input)
      if ("rejection" in keys) return keys
      const endsAt = time + definition.lasts.ms
      return opening(id, {
        row: {
          process: definition.name,
          version: definition.version,
          state: opens.to,
          openedAt: time,
          since: time,
          endsAt,
          size: 1,
          parties,
          counters: [],
          documents: opens.documents.map((name) => ({ name, at: 0 })),
          tags: [],
          capabilities: input.capabilities.map((one) => ({ ...one, isUsed: false })),
          demands: [],
        },
        step: {
          step: "open",
          party: opens.by,
          documents: opens.documents.map((name, i) => ({ name, commitment: input.documents[i] })),
          isAssisted: false,
          at: time,
        },
        also: [
          ...keys.map((one) => put(caseKeys, [one], { case: id })),
          ...fill(id, definition),
          ...forgetAt(state, id, endsAt + definition.keepMs, time),
        ],
      })
    },
  })

function opening(
  id: Bytes,
  {
    row,
    step,
    also,
  }: {
    readonly row: Case
    readonly step: Infer<typeof caseSteps.row>
    readonly also: readonly Write[]
  },
): Accepted {
  const members = row.parties.flatMap(({ member }) => (member === null ? [] : [member]))
  return accept(
    [put(cases, [id], row), put(caseSteps, [id, 0], step), ...also],
    [
      occurs(opened, {
        case: id,
        process: row.process,
        version: row.version,
        state: row.state,
        members: [...new Set(members)],
        keys: row.parties.flatMap(({ key }) => (key === null ? [] : [key])),
      }),
    ],
  )
}

type OpenerRejection =
  | "unknown_process"
  | "opener_must_sign"
  | "sponsor_must_sign"
  | "too_many_signers"
  | "key_of_a_member"

function openerOf(
  definition: Process,
  { parties }: OpenInput,
  { signers }: Context,
): Opener | Rejected<MemberRejection | OpenerRejection> {
  const rule = partyOf(definition, definition.opens.by) as PartyRule
  if (rule.is === "member") {
    if (signers.length !== 1) return reject("too_many_signers")
    const member = entitled(signers[0], wantedOf(rule))
    return "rejection" in member ? member : { definition, member }
  }
  const key = parties.find(({ party }) => party === rule.name)?.key
  if (!key || !signers.some((signer) => equalBytes(signer.key, key))) return reject("opener_must_sign")
  const others = signers.filter((signer) => !equalBytes(signer.key, key))
  if (others.length === 0) return reject("sponsor_must_sign")
  if (others.length > 1) return reject("too_many_signers")
  if (signers.some((signer) => equalBytes(signer.key, key) && signer.of !== undefined))
    return reject("key_of_a_member")
  const member = memberOf(others[0])
  return "rejection" in member ? member : { definition, member, key }
}

/** What a member has to be to take this part. */
export const wantedOf = ({ kind, ability, licence }: PartyRule) => ({
  ...(kind !== null && { kind }),
  ...(ability !== null && { ability }),
  ...(licence !== null && { licence }),
})

type PartyRejection = "parties_differ" | "unknown_member" | "member_suspended" | "member_does_not_fit"

/** All that are there from the beginning, in the order of the process; the others with nobody yet. */
function partiesAtOpening(
  state: ContractState,
  definition: Process,
  { parties: given, capabilities }: OpenInput,
  opener: Member | undefined,
): readonly Party[] | Rejected<PartyRejection> {
  const out: Party[] = []
  let used = 0
  for (const rule of definition.parties) {
    const found = given.filter(({ party }) => party === rule.name)
    if (found.length > 1) return reject("parties_differ")
    const [one] = found
    used += found.length
    if (opener && rule.name === definition.opens.by) {
      if (one) return reject("parties_differ")
      out.push({ party: rule.name, member: opener.member, key: null })
      continue
    }
    if (rule.comes !== "opening") {
      if (one) return reject("parties_differ")
      out.push({ party: rule.name, member: null, key: null })
      continue
    }
    if (rule.is === "key") {
      const isWithoutDevice = capabilities.some(({ party }) => party === rule.name)
      if (one?.member !== undefined || (one?.key === undefined) !== isWithoutDevice)
        return reject("parties_differ")
      out.push({ party: rule.name, member: null, key: one?.key ?? null })
      continue
    }
    if (one?.member === undefined || one.key !== undefined) return reject("parties_differ")
    const wrong = refusalOfMember(state, rule, one.member)
    if (wrong) return reject(wrong)
    out.push({ party: rule.name, member: one.member, key: null })
  }
  return used === given.length ? out : reject("parties_differ")
}

/** Licences are looked at when the member acts. */
export function refusalOfMember(
  state: ContractState,
  { kind, ability }: PartyRule,
  member: string,
): PartyRejection | undefined {
  const standing = state.see(memberStanding, [member])
  if (!standing) return "unknown_member"
  if (standing.status !== "active") return "member_suspended"
  const fits =
    (kind === null || standing.kind === kind) && (ability === null || standing.abilities.includes(ability))
  return fits ? undefined : "member_does_not_fit"
}

/** Each is of a party without a device, for a step that this party has. */
function refusalOfCapabilities(
  definition: Process,
  parties: readonly Party[],
  { capabilities }: OpenInput,
): "bad_capability" | undefined {
  for (const { party, step } of capabilities) {
    const isThere = parties.some((one) => one.party === party && one.member === null && one.key === null)
    const isKey = partyOf(definition, party)?.is === "key"
    if (!isThere || !isKey || !stepOf(definition, step)?.by.includes(party)) return "bad_capability"
  }
  return undefined
}

/** The keys that the case brings; each is nobody's yet. */
function keysOf(
  state: ContractState,
  parties: readonly Party[],
  { capabilities }: OpenInput,
): readonly PublicKey[] | Rejected<"key_used" | "key_of_a_member"> {
  const keys = [
    ...parties.flatMap(({ key }) => (key === null ? [] : [key])),
    ...capabilities.map(({ key }) => key),
  ]
  if (new Set(keys.map(nameOf)).size < keys.length) return reject("key_used")
  for (const key of keys) {
    if (state.get(caseKeys, [key])) return reject("key_used")
    if (state.see(keyOwner, [key])) return reject("key_of_a_member")
  }
  return keys
}
