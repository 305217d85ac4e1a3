import { randomUUID } from "node:crypto"
import { MAX_ALIKE, type RegisterAnswer, type RegisterQuestion } from "@aceso/client"
import { type Handle, type JsonObject, PlatformError, utf8 } from "@aceso/core"
import {
  askedIdentifiers,
  type Comparison,
  compare,
  type IdentifierRules,
  indexedPapers,
  isSameHanName,
  type PaperNumber,
  type Person,
  papersOf,
  personOf,
  termsAlike,
} from "@aceso/fhir"
import type { Importer } from "../import/importer.ts"
import { newestPatient, personHere } from "../import/people-here.ts"
import { shownPatient } from "../joins/shown-patient.ts"
import type { NodeConfig } from "../node/config.ts"
import { configuredMeanings } from "../node/identifier-config.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { asTransaction, newPatient } from "./new-patient.ts"

interface Parts {
  readonly config: NodeConfig
  readonly vault: SqliteVault
  readonly importer: Importer
}

/** Ids from the desk are nobody else's. */
const SOURCE = "desk"
/** Pages of patients who are looked at. */
const MAX_PAGES = 20

interface Alike {
  readonly handle: Handle
  readonly reasons: readonly string[]
}

/** People whom a clerk registers. The importer decides who they are, as it does of everybody. */
export class Registration {
  private readonly parts: Parts
  private readonly now: () => number

  constructor(parts: Parts, now: () => number = Date.now) {
    this.parts = parts
    this.now = now
  }

  /**
   * Registers a person as somebody new, or says who may be the same: then nothing is stored, unless the clerk has looked
   * at them (`evenSo`). Whom the importer would take for somebody who is here is not registered at all.
   * @param by the clerk: name
   * @throws PlatformError `patient_here`, `bad_input`
   */
  register(question: RegisterQuestion, by: string): Promise<RegisterAnswer> {
    const { config, vault, importer } = this.parts
    const at = this.now()
    const ids = [randomUUID(), randomUUID()] as const
    const resources = newPatient(question, { ids, by, member: config.member, at })
    const rules = { configured: configuredMeanings(config.identifiers), now: at }
    // Nobody else is registered between the look and the record.
    return vault.atomically(async () => {
      const alike = await this.alike(resources[0], rules)
      if (alike.length > 0 && question.evenSo !== true)
        return { registered: null, alike: await this.shown(alike) }
      const input = utf8(JSON.stringify(asTransaction(resources)))
      const { refused } = await importer.import(input, `the desk, by ${by}`, SOURCE)
      if (refused.length > 0) throw new PlatformError("bad_input", refused[0].detail)
      const patient = await vault.patient({ fhirId: ids[0] })
      // Whatever was stored of it is taken back.
      if (!patient) throw await this.isHere(alike)
      const { handle, alias } = patient
      const pairs = alike.map((one) => ({
        pair: [handle, one.handle] as const,
        reasons: one.reasons,
        setApart: null,
      }))
      await vault.addDuplicates(pairs, at)
      return { registered: { alias, handle }, alike: await this.shown(alike) }
    })
  }

  /** Who may be this person: by a number, or by birth date and name. */
  private async alike(patient: JsonObject, rules: IdentifierRules): Promise<Alike[]> {
    const { vault } = this.parts
    const person = personOf(patient, rules)
    const ids = new Set(
      [...askedIdentifiers(patient), ...indexedPapers(patient)].flatMap((one) =>
        vault.findNow("Patient", one, MAX_ALIKE + 1),
      ),
    )
    const papers = papersOf(patient)
    for (const id of await this.named(person)) ids.add(id)
    const found: Alike[] = []
    for (const fhirId of ids) {
      const other = await personHere(vault, fhirId, rules)
      const here = other && (await vault.patient({ fhirId }))
      const reasons = other
        ? reasonsOf(
            compare(person, other),
            isSameHanName(person.names, other.names),
            await this.sharesPaper(papers, fhirId),
          )
        : []
      if (here && reasons.length > 0) found.push({ handle: here.handle, reasons })
      if (found.length === MAX_ALIKE) break
    }
    return found
  }

  /** Whether somebody here has a paper of the same kind with the same number: numbers without a system are asked about. */
  private async sharesPaper(papers: readonly PaperNumber[], fhirId: string): Promise<boolean> {
    const other = papers.length > 0 && (await newestPatient(this.parts.vault, fhirId))
    if (!other) return false
    const theirs = papersOf(other)
    return papers.some((one) => theirs.some(({ type, value }) => type === one.type && value === one.value))
  }

  /** Ids of those who were born then, with a word of the name in common. */
  private async named(person: Person): Promise<string[]> {
    const found: string[] = []
    let after: number | undefined = 0
    for (let page = 0; page < MAX_PAGES && after !== undefined; page++) {
      const { patients, next } = await this.parts.vault.searchPatients(termsAlike(person), after, MAX_ALIKE)
      found.push(...patients.map(({ fhirId }) => fhirId))
      after = next
    }
    return found
  }

  private async shown(alike: readonly Alike[]): Promise<RegisterAnswer["alike"]> {
    const { vault } = this.parts
    const shown = []
    for (const { handle, reasons } of alike) {
      const listed = await vault.listedPatient({ handle })
      if (listed) shown.push({ patient: await shownPatient(this.parts, listed), reasons })
    }
    return shown
  }

  private async isHere(alike: readonly Alike[]): Promise<PlatformError> {
    const names = (await this.shown(alike)).map(({ patient }) => patient.alias)
    return new PlatformError(
      "patient_here",
      `the numbers are those of somebody who is here already (${names.join(", ") || "see aceso patients --search"}): enrol that one, or correct the numbers`,
    )
  }
}

/** A word of a name alone is no reason: a family name and a birthday are too often shared. */
function reasonsOf(
  { agree, differ, shares }: Comparison,
  isSameHan: boolean,
  sharesPaper: boolean,
): string[] {
  const isSameName = agree.has("name") || isSameHan
  const isSamePerson = agree.has("birth_date") && isSameName
  const isShared = shares || (sharesPaper && !agree.has("identifier"))
  if (!isSamePerson && !agree.has("identifier") && !isShared) return []
  return [
    ...(agree.has("identifier") ? ["same_identifier"] : []),
    ...(isShared ? ["shared_identifier"] : []),
    ...(isSamePerson ? ["same_name_and_date"] : []),
    ...(["identifier", "birth_date", "sex", "name"] as const)
      .filter((trait) => differ.has(trait) && !(trait === "name" && isSameName))
      .map((trait) => `other_${trait}`),
  ]
}
