import {
  type CaseClient,
  casesAt as findCases,
  type OwnCase,
  type OwnCaseNow,
  type PatientPlace,
  type StaffClient,
  standingOf as standNow,
} from "@aceso/client"
import { type Bytes, fromHex, PlatformError, type Process, toHex } from "@aceso/core"
import { byBeginning } from "../commands/by-beginning.ts"
import { type Session, UsageError } from "../session.ts"
import type { ProcessWords } from "./words.ts"

/** Cases that a person opened, wherever they can be asked for now; a place that does not answer is told of. */
export const casesAt = (
  session: Session,
  client: CaseClient,
  places: readonly PatientPlace[],
): Promise<readonly OwnCase[]> =>
  findCases(client, places, (custodian, error) =>
    session.progress(`  ${custodian} does not show your cases now: ${error.message}`),
  )

/** As they are now; one that cannot be shown is told of. */
export const standingOf = (
  session: Session,
  client: CaseClient,
  cases: readonly OwnCase[],
): Promise<readonly OwnCaseNow[]> =>
  standNow(client, cases, (id, error) =>
    session.progress(`  ${id.slice(0, 12)} cannot be shown now: ${error.message}`),
  )

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
