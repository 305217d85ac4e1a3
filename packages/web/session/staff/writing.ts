import {
  NOTE_TYPES,
  placesOfAlias,
  RESULT_CHOICES,
  type ShownPatient,
  type StaffClient,
  UNITS,
  type WriteAnswer,
} from "@aceso/client"
import {
  asList,
  asText,
  equalBytes,
  isObject,
  type JsonObject,
  PlatformError,
  randomBytes,
} from "@aceso/core"
import type { Kept } from "./history.ts"
import { resourceOf, type WriteForms, writtenForms } from "./written-forms.ts"

export type { WriteForms }

/** Who is written about, as the node says it now, with what the server holds the request against. */
export type PatientToWrite = Pick<ShownPatient, "alias" | "name" | "birthDate" | "recordNumber" | "sex">

export interface Corrigible {
  readonly reference: string
  readonly version: number
}

/** By which records that were written with a form are known (`server/write/resource.ts`). */
const WRITTEN_SYSTEM = "urn:aceso:written"

/** Set where a record was written with a form of this node, and is no mistake already. */
export function corrigibleOf(resource: JsonObject, version: number): Corrigible | undefined {
  const all = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier]
  const isWritten = all.some((one) => isObject(one) && one.system === WRITTEN_SYSTEM)
  const [type, id] = [asText(resource.resourceType), asText(resource.id)]
  if (!isWritten || type === undefined || id === undefined || isMistake(resource)) return undefined
  return { reference: `${type}/${id}`, version }
}

function isMistake({ status, verificationStatus }: JsonObject): boolean {
  const codes = isObject(verificationStatus) ? asList(verificationStatus.coding) : []
  return [status, ...codes.map((one) => (isObject(one) ? one.code : undefined))].includes("entered-in-error")
}

/** What is written in records of own patients. */
export const writingCalls = (client: StaffClient, member: string, kept: ReadonlyMap<string, Kept>) => ({
  /** What the forms offer. */
  writingChoices: async () => ({ results: RESULT_CHOICES, units: UNITS, notes: NOTE_TYPES }),
  /** Of one writing; it is sent again with the same one. */
  writingId: async (): Promise<Uint8Array> => randomBytes(16),
  /** @param whose an own patient's alias, or the one that such a patient has as a visitor; null: it is none */
  toWrite: async (whose: string): Promise<PatientToWrite | null> => {
    const of = await placesOfAlias(client, member, whose).catch((error: unknown) => {
      if (error instanceof PlatformError && error.code === "unknown_patient") return undefined
      throw error
    })
    const found = of?.ownAlias ? await client.patient(of.ownAlias) : null
    // Whose history it is and who is written about are one.
    if (!found || !of?.own || !equalBytes(found.handle, of.own)) return null
    const { alias, name, birthDate, recordNumber, sex } = found
    return { alias, name, birthDate, recordNumber, sex }
  },
  /**
   * What stands in the version that is corrected, as a form; what is on the screen already is not asked for again.
   * @throws PlatformError `unknown_record`, `record_changed_meanwhile`
   */
  toCorrect: async (whose: string, { reference, version }: Corrigible): Promise<WriteForms> => {
    const find = (answer: Kept["answer"] | undefined) =>
      answer?.timeline
        .flatMap(({ sources, older }) => [...sources, ...older])
        .filter((line) => line.custodian === member && line.status === "verified")
        .map((line) => ({ line, resource: resourceOf(line) }))
        .filter(({ resource }) => `${resource.resourceType}/${resource.id}` === reference)
    const ask = async () => {
      const { places, own } = await placesOfAlias(client, member, whose)
      const filter = { classes: [reference.split("/")[0]], codes: [] }
      return client.history(places, "TREAT", { alsoOwn: own, filter })
    }
    const of = (found: ReturnType<typeof find>) => found?.find(({ line }) => line.version === version)
    const shown = find(kept.get(whose)?.answer)
    const asked = of(shown) ? undefined : find(await ask())
    const found = of(asked ?? shown)
    const forms = found && writtenForms(found.resource)
    if (!forms)
      throw new PlatformError(
        "unknown_record",
        `${reference} in version ${version} is not to be read here; open it in the history`,
      )
    if (asked?.some(({ line }) => line.version > version))
      throw new PlatformError(
        "record_changed_meanwhile",
        `${reference} has a newer version by now; read it, and correct that one`,
      )
    return forms
  },
  /**
   * @param patient as it was shown, and no other
   * @throws PlatformError `patient_differs`, `not_permitted`, `bad_input`, `record_changed_meanwhile`, `write_refused`
   */
  write: (
    { alias, name, birthDate, recordNumber }: PatientToWrite,
    id: Uint8Array,
    forms: WriteForms,
    replaces: Corrigible | null,
  ): Promise<WriteAnswer> =>
    client.write({
      ...{ alias, id, ...forms },
      shown: { name: name ?? null, birthDate: birthDate ?? null, recordNumber: recordNumber ?? null },
      ...(replaces && { replaces }),
    }),
})

export type WritingChoices = Awaited<ReturnType<ReturnType<typeof writingCalls>["writingChoices"]>>
