import { isClinicalRole, type WriteAnswer, type WriteQuestion } from "@aceso/client"
import {
  asList,
  canonicalJson,
  equalBytes,
  isObject,
  type JsonObject,
  PlatformError,
  parseJson,
  toHex,
  toJson,
} from "@aceso/core"
import { HERE } from "../import/here.ts"
import { birthDatesOf, readable } from "../import/people-here.ts"
import { findRecord, ownPatient } from "../joins/own-patients.ts"
import { shownPatient } from "../joins/shown-patient.ts"
import type { Services } from "../node/services.ts"
import { flushed } from "../records/flushed.ts"
import type { StoredRecord } from "../vault/vault.ts"
import type { Patient } from "../vault/vault-people.ts"
import { correctedOf } from "./correction.ts"
import {
  type Form,
  isOfWriting,
  mistakenOf,
  mustBeOfSame,
  NOT_HERE,
  resourceOf,
  WRITING_TAG,
  WRITTEN_SYSTEM,
  type Writing as Written,
  writtenIdentifier,
} from "./resource.ts"

type Needed = Pick<Services, "committer" | "config" | "importer" | "onFault" | "vault">

/** @throws PlatformError `not_permitted` */
export function mustBeClinical(role: string): void {
  if (!isClinicalRole(role))
    throw new PlatformError(
      "not_permitted",
      `a ${role} does not write in patients' records; somebody who treats them does, such as a doctor or a nurse`,
    )
}

/** What people who treat a patient write in that patient's record, one after the other. */
export class Writing {
  private readonly services: Needed
  private last: Promise<unknown> = Promise.resolve()

  constructor(services: Needed) {
    this.services = services
  }

  /**
   * Stores it, and waits a while for the ledger to have it.
   * @param author as the directory has the name
   * @throws PlatformError `unknown_patient`, `patient_differs`, `bad_input`, `unknown_record`, `not_written_here`,
   * `record_changed_meanwhile`, `write_refused`
   */
  async write(question: WriteQuestion, author: string): Promise<WriteAnswer> {
    // Two corrections of one version: the second has to see the first.
    const stored = this.last.then(() => this.store(question, author))
    this.last = stored.catch(() => {})
    const { patient, type, fhirId, was } = await stored
    await flushed(this.services.committer, this.services.onFault)
    const { recordId, version, index, height } = await this.placeOf(patient, type, fhirId, was)
    return { recordId, reference: `${type}/${fhirId}`, version, index, height }
  }

  private async store(question: WriteQuestion, author: string) {
    const { vault, config, importer } = this.services
    const { alias, id, replaces, mistake, note, result, allergy, problem } = question
    const patient = await ownPatient(vault, alias)
    await this.mustBeAsShown(question)
    const writing: Written = {
      ...{ member: config.member, author, patient: patient.fhirId, writing: toHex(id) },
      now: Date.now(),
      birthDates: await birthDatesOf(vault, patient.handle),
    }
    const form: Form = { note, result, allergy, problem }
    if (mistake && Object.values(form).some((one) => one !== undefined))
      throw new PlatformError("bad_input", "mistake: it stands alone; a correction fills in a form instead")
    const before = replaces && (await this.replaced(patient, replaces, writing))
    // The answer to it was lost.
    if (before?.isWritten) {
      const { type, fhirId, version } = before.record
      return { patient, type, fhirId, was: version }
    }
    if (mistake && !before)
      throw new PlatformError("bad_input", "replaces: say which record should not have been written")
    const filledIn =
      mistake && before
        ? mistakenOf(before.resource, mistake.reason, writing)
        : resourceOf(form, writing, before !== undefined)
    const type = String(filledIn.resourceType)
    if (before && before.record.type !== type)
      throw new PlatformError("bad_input", `${before.record.type} is not corrected by a form for ${type}`)
    if (before && !mistake) mustBeOfSame(before.resource, filledIn)
    const resource = before && !mistake ? correctedOf(before.resource, filledIn, writing) : filledIn
    const input = before
      ? updateOf(resource, before.record.fhirId, before.resource, writing)
      : createOf(resource, writing)
    const { refused, unfiled } = await importer.importAll([
      { input: canonicalJson(input), where: "a form", source: HERE },
    ])
    const [why] = refused
    if (why) throw new PlatformError("write_refused", `this was not stored: ${why.detail} (${why.reason})`)
    if (unfiled.length > 0) throw new PlatformError("write_refused", "this was stored with nobody")
    const fhirId = before?.record.fhirId ?? (await this.idOf(type, writing))
    await this.placeOf(patient, type, fhirId)
    return { patient, type, fhirId }
  }

  /** Wrong patient is the worst fault there is: who was on the screen must be who is here. */
  private async mustBeAsShown({ alias, shown }: WriteQuestion): Promise<void> {
    const { vault } = this.services
    const listed = await vault.listedPatient({ alias })
    const { name, birthDate, recordNumber } = listed ? await shownPatient(this.services, listed) : {}
    const isSame = (told: string | null, here: string | undefined) => told === (here ?? null)
    if (
      !isSame(shown.name, name) ||
      !isSame(shown.birthDate, birthDate) ||
      !isSame(shown.recordNumber, recordNumber)
    )
      throw new PlatformError(
        "patient_differs",
        `the newest Patient record of ${alias} does not say the name, birth date and record number that were shown; open the patient again, make sure who it is, and write then`,
      )
  }

  /** @throws PlatformError `unknown_record`, `not_written_here`, `record_changed_meanwhile` */
  private async replaced(
    patient: Patient,
    { reference, version }: NonNullable<WriteQuestion["replaces"]>,
    writing: Written,
  ): Promise<{ readonly record: StoredRecord; readonly resource: JsonObject; readonly isWritten: boolean }> {
    const { vault } = this.services
    const record = await findRecord(vault, patient, reference)
    const next = record.version > version && vault.ofVersion(record.type, record.fhirId, version + 1)
    const made = next ? await readable(vault, next) : undefined
    if (next && made && isOfWriting(made, writing)) return { record: next, resource: made, isWritten: true }
    const { content } = await vault.content(record)
    const resource = parseJson(content)
    if (!isObject(resource) || writtenIdentifier(resource) === undefined)
      throw new PlatformError("not_written_here", NOT_HERE)
    if (record.version !== version)
      throw new PlatformError(
        "record_changed_meanwhile",
        `${reference} has a newer version by now; read it, and correct that one`,
      )
    return { record, resource, isWritten: false }
  }

  private async idOf(type: string, { writing }: Written): Promise<string> {
    const [id] = await this.services.vault.findByIdentifier(type, { system: WRITTEN_SYSTEM, value: writing })
    if (id === undefined) throw new PlatformError("write_refused", "what was written is not found again")
    return id
  }

  /** The newest version in the patient's own log, or the one that a writing made (`was`). */
  private async placeOf(
    { handle, alias }: Patient,
    type: string,
    fhirId: string,
    was?: number,
  ): Promise<StoredRecord> {
    const made = was === undefined ? undefined : this.services.vault.ofVersion(type, fhirId, was)
    if (made && equalBytes(made.log, handle)) return made
    const places = await this.services.vault.newestPlaces(type, fhirId)
    const found = places.find(({ log }) => equalBytes(log, handle))
    if (!found)
      throw new PlatformError("write_refused", `${type}/${fhirId} does not stand with ${alias}; look at it`)
    return found
  }
}

/** Sent again it finds what it made the first time. */
const createOf = (resource: JsonObject, { writing }: Written): JsonObject =>
  transaction({
    resource,
    request: {
      method: "POST",
      url: String(resource.resourceType),
      ifNoneExist: `identifier=${WRITTEN_SYSTEM}|${writing}`,
    },
  })

/** By the id that it has here; it keeps the identifier of the writing that made it. */
const updateOf = (resource: JsonObject, id: string, before: JsonObject, { writing }: Written): JsonObject =>
  transaction({
    resource: {
      ...{ ...resource, id, identifier: before.identifier },
      meta: metaOf(before, writing),
    },
    request: { method: "PUT", url: `${String(resource.resourceType)}/${id}` },
  })

/** Profiles, labels and tags stay; what says when and whence a version came is of that version alone. */
function metaOf({ meta }: JsonObject, writing: string): JsonObject {
  const {
    versionId: _versionId,
    lastUpdated: _lastUpdated,
    source: _source,
    ...kept
  } = isObject(meta) ? meta : {}
  const others = asList(kept.tag).filter((tag) => !(isObject(tag) && tag.system === WRITING_TAG))
  return { ...kept, tag: [...others, { system: WRITING_TAG, code: writing }] }
}

const transaction = (entry: JsonObject): JsonObject =>
  toJson({ resourceType: "Bundle", type: "transaction", entry: [entry] }) as JsonObject
