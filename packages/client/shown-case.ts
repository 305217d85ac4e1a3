import { type Bytes, type CaseDocument, type MemberId, PlatformError, toHex } from "@aceso/core"
import type { CaseClient } from "./case-client.ts"
import type { StaffClient } from "./node-client.ts"
import type { OwnCase, OwnCaseNow } from "./own-case.ts"
import type { PatientPlace } from "./patient-place.ts"

/** A case as one party sees it: a person by the own device, an organisation by its node. */
export interface ShownCase {
  readonly id: string
  readonly state: string
  /** ms */
  readonly since: number
  readonly dueAt: number | null
  readonly isLate: boolean
  readonly isEnded: boolean
  /** The part that who looks takes. */
  readonly party: string
  /** By which the organisation knows the person; null: it does not, or a person looks. */
  readonly patient: string | null
  /** Who acts for that person, with the relation; null: the person. */
  readonly delegate: string | null
  readonly members: readonly { readonly party: string; readonly member: string }[]
  readonly steps: readonly {
    readonly step: string
    readonly party: string
    /** The member that did it; null: the person. */
    readonly member: string | null
    /** Of who acted for the member, where a document says it. */
    readonly role: string | null
    readonly at: number
    readonly documents: readonly ShownDocument[]
  }[]
}

/** `content` null: it is not here, for the reason that `lacking` says. */
export interface ShownDocument {
  readonly name: string
  readonly role: string | null
  readonly content: Bytes | null
  readonly lacking: string | null
}

/** Cases that a person opened, wherever they can be asked for now. @param onFault told of a place that does not answer */
export async function casesAt(
  client: CaseClient,
  places: readonly PatientPlace[],
  onFault: (custodian: MemberId, error: PlatformError) => void,
): Promise<readonly OwnCase[]> {
  const all = places.map(async (place) => {
    try {
      return (await client.all(place)).cases
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      onFault(place.custodian, error)
      return []
    }
  })
  return (await Promise.all(all)).flat()
}

/**
 * As they are now; without those of other processes than are known here, and those that were kept long enough.
 * @param onFault told of one that cannot be shown now
 */
export async function standingOf(
  client: CaseClient,
  cases: readonly OwnCase[],
  onFault: (id: string, error: PlatformError) => void,
): Promise<readonly OwnCaseNow[]> {
  const all = cases.map(async (one) => {
    try {
      return [await client.now(one)]
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      if (error.code !== "unknown_case") onFault(toHex(one.id), error)
      return []
    }
  })
  return (await Promise.all(all)).flat()
}

/** As the person sees it, with all documents that can be fetched. @param person the party that is a person */
export async function shownToPerson(
  client: CaseClient,
  person: string,
  found: OwnCaseNow,
): Promise<ShownCase> {
  const { id, row, standing, steps } = found
  const memberOf = (party: string) => row.parties.find((one) => one.party === party)?.member ?? null
  return {
    ...{ id: toHex(id), state: standing.state.name, since: standing.since, dueAt: standing.dueAt },
    ...{ isLate: standing.isLate, isEnded: standing.isEnded, party: person, patient: null },
    delegate: null,
    members: row.parties.flatMap(({ party, member }) => (member === null ? [] : [{ party, member }])),
    steps: await Promise.all(
      steps.map(async ({ step, party, at, documents }, n) => {
        const all = await Promise.all(documents.map(({ name }) => documentOf(client, found, n, name)))
        return { step, party, at, member: memberOf(party), role: roleIn(all), documents: all }
      }),
    ),
  }
}

async function documentOf(
  client: CaseClient,
  found: OwnCaseNow,
  n: number,
  name: string,
): Promise<ShownDocument> {
  try {
    return { name, ...partsOf(await client.document(found, n, name)), lacking: null }
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return { name, content: null, role: null, lacking: error.code }
  }
}

const partsOf = ({ content, word }: CaseDocument) => ({
  content,
  role: word?.proof.practitioner.role ?? null,
})
const roleIn = (documents: readonly ShownDocument[]): string | null => documents[0]?.role ?? null

/** As the organisation's node shows it. `base`: how many steps it has. */
export async function shownToStaff(client: StaffClient, id: Bytes): Promise<ShownCase & { base: number }> {
  const { parties, steps, size, process: _process, version: _version, ...rest } = await client.cases.show(id)
  const memberOf = (party: string) => parties.find((one) => one.party === party)?.member ?? null
  return {
    ...rest,
    ...{ id: toHex(id), base: size },
    members: parties.flatMap(({ party, member }) => (member === null ? [] : [{ party, member }])),
    steps: steps.map(({ step, party, at, documents }) => {
      const all = documents.map(({ name, document, lacking }) => ({
        ...{ name, lacking },
        ...(document ? partsOf(document) : { content: null, role: null }),
      }))
      return { step, party, at, member: memberOf(party), role: roleIn(all), documents: all }
    }),
  }
}

/** Whose word a document of a person of staff is in. @throws PlatformError `not_a_practitioner` */
export async function wordOf(client: StaffClient, member: MemberId) {
  const [proof, { network }] = await Promise.all([client.proof(), client.status()])
  return { network, member, proof }
}
