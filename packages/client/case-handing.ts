import {
  type Bytes,
  type CaseDocument,
  type CaseRow,
  type CaseStepRow,
  type Cbor,
  type MemberId,
  PlatformError,
} from "@aceso/core"
import { type Caller, post } from "./http.ts"
import type { LedgerMembers } from "./ledger-members.ts"
import type { Outbox } from "./outbox.ts"
import type { PatientPlace } from "./patient-place.ts"
import { lackingAnswer } from "./schemas.ts"

/** One case of a person, as far as what they wrote is handed to those who take part. */
export interface Handing {
  readonly case: Bytes
  readonly place: PatientPlace
  readonly outbox: Outbox
  readonly there: LedgerMembers
  /** By the case's key. */
  readonly caller: Caller
  deliver(url: string, n: number, name: string, document: CaseDocument): Promise<void>
}

/**
 * Hands what is owed of a case to every member that did not take it yet; one that refuses stops no other, and is
 * tried again whenever the case is looked at.
 * @throws PlatformError `not_handed_over`
 */
export async function handOver({ case: id, outbox, there, deliver }: Handing): Promise<void> {
  const refused = new Map<MemberId, PlatformError>()
  for (const { n, name, document, owed } of await outbox.owed(id))
    for (const member of owed)
      try {
        if (refused.has(member)) continue
        await deliver(await there.urlOf(member), n, name, document)
        await outbox.delivered({ case: id, n, name }, member)
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        refused.set(member, error)
      }
  const [first] = refused
  if (first === undefined) return
  const [, cause] = first
  throw new PlatformError(
    "not_handed_over",
    `the ledger has the step, and ${[...refused.keys()].join(", ")} did not take what belongs to it (${cause.message}); this device keeps it, and tries again whenever you look at it`,
    { cause },
  )
}

/**
 * What the person wrote and members do not have (any more): the place's own is asked, once a look; what others lack they
 * have demanded on the ledger.
 * @throws PlatformError those of the node
 */
export async function lackingOf(
  { case: id, place: { custodian, url }, caller }: Pick<Handing, "case" | "place" | "caller">,
  {
    row: { parties, demands },
    steps,
  }: { readonly row: Pick<CaseRow, "parties" | "demands">; readonly steps: readonly CaseStepRow[] },
): Promise<readonly { readonly n: number; readonly name: string; readonly by: MemberId }[]> {
  const memberOf = (party: string | undefined) => parties.find((one) => one.party === party)?.member ?? null
  const demanded = demands.flatMap(({ party, n, name }) => ({ n, name, by: memberOf(party) }))
  const { documents } = parties.some(({ member }) => member === custodian)
    ? await post(`${url}/case/lacking`, { case: id } as Cbor, caller, lackingAnswer)
    : { documents: [] }
  const told = documents.map((one) => ({ ...one, by: custodian }))
  return [...told, ...demanded.filter(({ by }) => by !== custodian)].flatMap(({ n, name, by }) =>
    by !== null && steps[n] && memberOf(steps[n].party) === null ? [{ n, name, by }] : [],
  )
}
