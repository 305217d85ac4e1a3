import {
  bool,
  documentName,
  eventType,
  hash32,
  list,
  MAX_PARTIES,
  MAX_STEP_DOCUMENTS,
  memberId,
  nameInProcess,
  nullable,
  object,
  type Parties,
  type PublicKey,
  processName,
  publicKeySchema,
  uint,
} from "@aceso/core"

/** What is told of a case, to those who take part in it. */

const named = { members: list(memberId, MAX_PARTIES), keys: list(publicKeySchema, MAX_PARTIES) }
const parties = ({
  members,
  keys,
}: {
  readonly members: readonly string[]
  readonly keys: readonly PublicKey[]
}): Parties => ({ members, keys })

export const opened = eventType({
  name: "opened",
  data: object({ case: hash32, process: processName, version: uint(10_000), state: nameInProcess, ...named }),
  readers: "parties",
  parties,
})

/** `n`: the number of the step, the opening being 0; `isAssisted`: by a key on paper. */
export const stepped = eventType({
  name: "stepped",
  data: object({
    case: hash32,
    process: processName,
    version: uint(10_000),
    step: nameInProcess,
    n: uint(),
    party: nameInProcess,
    /** Absent: a key's. */
    member: nullable(memberId),
    state: nameInProcess,
    documents: list(documentName, MAX_STEP_DOCUMENTS),
    isAssisted: bool(),
    ...named,
  }),
  readers: "parties",
  parties,
})

/** `of`: the party that committed the document. */
export const demanded = eventType({
  name: "demanded",
  data: object({ case: hash32, n: uint(), name: documentName, of: nameInProcess, ...named }),
  readers: "parties",
  parties,
})

export const demandMet = eventType({
  name: "demandMet",
  data: object({ case: hash32, n: uint(), name: documentName, ...named }),
  readers: "parties",
  parties,
})
