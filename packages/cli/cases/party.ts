import type { CaseClient, OwnCase, OwnCaseNow, PatientPlace, StaffClient } from "@aceso/client"
import { type Bytes, type CaseDocument, fromHex, PlatformError, type Process, toHex } from "@aceso/core"
import { byBeginning } from "../commands/by-beginning.ts"
import { type Session, type StaffFile, UsageError } from "../session.ts"
import type { ProcessWords } from "./words.ts"

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

/** Cases that a person opened, wherever they can be asked for now; a place that does not answer is told of. */
export async function casesAt(
  session: Session,
  client: CaseClient,
  places: readonly PatientPlace[],
): Promise<readonly OwnCase[]> {
  const all = places.map(async (place) => {
    try {
      return (await client.all(place)).cases
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      session.progress(`  ${place.custodian} does not show your cases now: ${error.message}`)
      return []
    }
  })
  return (await Promise.all(all)).flat()
}

/** As they are now; without those of other processes than are known here, and those that were kept long enough. */
export async function standingOf(
  session: Session,
  client: CaseClient,
  cases: readonly OwnCase[],
): Promise<readonly OwnCaseNow[]> {
  const all = cases.map(async (one) => {
    try {
      return [await client.now(one)]
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      if (error.code !== "unknown_case")
        session.progress(`  ${toHex(one.id).slice(0, 12)} cannot be shown now: ${error.message}`)
      return []
    }
  })
  return (await Promise.all(all)).flat()
}

/** All cases of a process that a person opened. */
export async function ownCases(
  session: Session,
  process: Process,
): Promise<{ readonly client: CaseClient; readonly cases: readonly OwnCase[] }> {
  const { client } = await session.patient()
  const cases = client.cases([process])
  return { client: cases, cases: await casesAt(session, cases, client.places) }
}

/** The one whose id begins so. @throws UsageError, PlatformError `unknown_case` */
export async function ownCase(
  session: Session,
  process: Process,
  beginning: string,
): Promise<{ readonly client: CaseClient; readonly found: OwnCaseNow }> {
  const { client, cases } = await ownCases(session, process)
  const one = byBeginning(cases, ({ id }) => toHex(id), beginning)
  if (!one) throw unknown(process, beginning)
  return { client, found: await client.now(one) }
}

const unknown = ({ name }: Process, beginning: string) =>
  new PlatformError("unknown_case", `there is none whose id begins with ${beginning}; see aceso ${name}`)

/** The id that an organisation's person means: the beginning of one in the inbox, or a whole one. */
export async function staffCase(client: StaffClient, process: Process, beginning: string): Promise<Bytes> {
  if (/^[0-9a-f]{64}$/.test(beginning)) return fromHex(beginning)
  const items = (await client.cases.inbox()).filter(({ capability }) => capability === process.name)
  const one = byBeginning(items, ({ id }) => toHex(id), beginning)
  if (one) return one.id
  throw new PlatformError(
    "unknown_case",
    `nothing that waits for you has an id that begins with ${beginning}: it is done, or another party's turn; see aceso inbox, or write the whole id`,
  )
}

/** Who wrote to an organisation, where it knows them. */
export const patientWords = (patient: string, delegate: string | null): string =>
  `patient ${patient}${delegate === null ? "" : `, by ${delegate}`}`

export const isStaff = (session: Session): boolean => session.person().kind === "staff"

/** As the person sees it, with all documents that can be fetched. */
export async function shownToPerson(
  client: CaseClient,
  { person }: ProcessWords,
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

/** As the organisation's node shows it. */
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
export async function wordOf(client: StaffClient, { member }: StaffFile) {
  const [proof, { network }] = await Promise.all([client.proof(), client.status()])
  return { network, member, proof }
}

/** @throws UsageError where the step is another party's */
export function mustBeFor({ process, person }: ProcessWords, step: string, session: Session): void {
  const rule = process.steps.find(({ name }) => name === step)
  const isPersons = rule?.by.every((party) => party === person) ?? false
  const isOrganisations = rule?.by.every((party) => party !== person) ?? false
  if (isStaff(session) ? isPersons : isOrganisations)
    throw new UsageError(
      isPersons
        ? `that is the patient's to do (--as patient-1, ...)`
        : `that is for an organisation's people (--as city-registrar, ...)`,
    )
}
