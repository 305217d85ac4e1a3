import {
  NOTE_TYPES,
  RESULT_CHOICES,
  type ShownPatient,
  type StaffClient,
  UNITS,
  type WriteAnswer,
  type WriteQuestion,
} from "@aceso/client"
import { asList, asText, isObject, type JsonObject, randomBytes } from "@aceso/core"

export type WriteForms = Pick<WriteQuestion, "note" | "result" | "allergy" | "problem" | "mistake">

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
export const writingCalls = (client: StaffClient) => ({
  /** What the forms offer. */
  writingChoices: async () => ({ results: RESULT_CHOICES, units: UNITS, notes: NOTE_TYPES }),
  /** Of one writing; it is sent again with the same one. */
  writingId: async (): Promise<Uint8Array> => randomBytes(16),
  toWrite: async (alias: string): Promise<PatientToWrite | null> => {
    const found = await client.patient(alias)
    if (!found) return null
    const { name, birthDate, recordNumber, sex } = found
    return { alias, name, birthDate, recordNumber, sex }
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
