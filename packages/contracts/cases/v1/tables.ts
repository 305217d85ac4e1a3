import {
  bool,
  documentName,
  hash32,
  type Infer,
  list,
  MAX_PARTIES,
  MAX_STEP_DOCUMENTS,
  MAX_TAGS,
  memberId,
  nameInProcess,
  nullable,
  object,
  type Parties,
  processName,
  publicKeySchema,
  table,
  uint,
} from "@aceso/core"

/** Names of documents that one case may have, and things that its steps count. */
const MAX_NAMES = 64
/** Keys on paper of one case. */
export const MAX_CAPABILITIES = 16

/** A one-time key on paper: it does one step, in the name of a party that has no device. */
const onPaper = { key: publicKeySchema, party: nameInProcess, step: nameInProcess }
export const capability = object(onPaper)
export type Capability = Infer<typeof capability>

const party = object({
  party: nameInProcess,
  member: nullable(memberId),
  key: nullable(publicKeySchema),
})

/** At once, of one case. */
export const MAX_DEMANDS = 16

/** What a party has asked for and not got: the document by that name of step `n`; `at`: since when, ms. */
export const demand = object({ party: nameInProcess, n: uint(), name: documentName, at: uint() })
export type Demand = Infer<typeof demand>

/**
 * A case as it stood when something was last done: `standingAt` tells where it stands now. `since`: when it came to its
 * state; `size`: how many steps were done, the opening among them; `documents`: in which of them each was committed last.
 */
export const cases = table({
  name: "cases",
  key: [hash32],
  row: object({
    process: processName,
    version: uint(10_000),
    state: nameInProcess,
    openedAt: uint(),
    since: uint(),
    endsAt: uint(),
    size: uint(),
    parties: list(party, MAX_PARTIES),
    counters: list(object({ name: nameInProcess, count: uint() }), MAX_NAMES),
    documents: list(object({ name: documentName, at: uint() }), MAX_NAMES),
    tags: list(hash32, MAX_TAGS),
    capabilities: list(object({ ...onPaper, isUsed: bool() }), MAX_CAPABILITIES),
    demands: list(demand, MAX_DEMANDS * MAX_PARTIES),
  }),
  version: 1,
  readers: "parties",
  parties: ({ parties, capabilities }): Parties => partiesOf(parties, capabilities),
})
export type Case = Infer<typeof cases.row>

/** Who takes part in a case, for those who serve its rows and events. */
export const partiesOf = (
  parties: readonly Infer<typeof party>[],
  capabilities: readonly { readonly key: Infer<typeof publicKeySchema> }[] = [],
): Parties => ({
  members: [...new Set(parties.flatMap(({ member }) => (member === null ? [] : [member])))],
  keys: [...parties.flatMap(({ key }) => (key === null ? [] : [key])), ...capabilities.map(({ key }) => key)],
})

/** What was done in a case, numbered; `isAssisted`: by a key on paper, for somebody without a device. */
export const caseSteps = table({
  name: "caseSteps",
  key: [hash32, uint()],
  row: object({
    /** Of the opening: `open`. */
    step: nameInProcess,
    party: nameInProcess,
    documents: list(object({ name: documentName, commitment: hash32 }), MAX_STEP_DOCUMENTS),
    isAssisted: bool(),
    at: uint(),
  }),
  version: 1,
  readers: "parties",
  parties(_row, [id], state): Parties {
    const row = state.get(cases, [id])
    return partiesOf(row?.parties ?? [], row?.capabilities)
  },
})

/**
 * Which case a one-time key belongs to: a key is used once, and a seed that was restored finds its cases. What stands here
 * stays when the case is forgotten.
 */
export const caseKeys = table({
  name: "caseKeys",
  key: [publicKeySchema],
  row: object({ case: hash32 }),
  version: 1,
  readers: "public",
})

/** How many transactions by keys are still paid, of those that whoever opened the case paid for. */
export const casePurses = table({
  name: "casePurses",
  key: [hash32],
  row: object({ left: uint() }),
  version: 1,
  readers: "custodians",
})

/** Cases by the day after which they are forgotten, so that a block finds those whose time has come. */
export const caseDays = table({
  name: "caseDays",
  key: [uint()],
  row: object({ count: uint() }),
  version: 1,
  readers: "custodians",
})

export const casesOfDay = table({
  name: "casesOfDay",
  key: [uint(), uint()],
  row: object({ case: hash32 }),
  version: 1,
  readers: "custodians",
})

/** Up to where cases were forgotten: all days before, and so many of this one. */
export const forgotten = table({
  name: "forgottenCases",
  key: [],
  row: object({ day: uint(), count: uint() }),
  version: 1,
  readers: "custodians",
})
