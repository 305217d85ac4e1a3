import { type Bytes, domainHash, PlatformError } from "@aceso/core"
import type { IdentifierRules } from "@aceso/fhir"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { BundlePlace } from "../vault/vault.ts"
import { answersOf } from "./people-here.ts"
import { Readings } from "./reader.ts"
import type { Opened, TakenApart } from "./reading.ts"
import { Storing } from "./storing.ts"
import { addSummaries, EMPTY_SUMMARY, type ImportSummary } from "./summary.ts"

export { MAX_IMPORT_BYTES } from "./reading.ts"
export { addSummaries, EMPTY_SUMMARY, type ImportSummary } from "./summary.ts"

export interface ImportInput {
  readonly input: Bytes
  /** How messages name the input, such as a file's name. */
  readonly where: string
  /** Where it comes from: ids mean that source's. Inputs that name none are of one source. */
  readonly source?: string
}

/**
 * Takes FHIR input into the vault, and never waits for the ledger, which hears of it through the Committer.
 *
 * Inputs are told apart by their source and their unpacked bytes. One that came before is skipped as a duplicate as
 * long as all of it was taken and everything that it set is the newest still. Otherwise it is taken again, so that it
 * can revert a later change: each of its creates then means what it made the first time, and nothing is stored twice.
 * The bytes of another source are a duplicate where they say the same of the same people; their ids are noted.
 */
export class Importer {
  private readonly vault: SqliteVault
  private readonly now: () => number
  private readonly configured: IdentifierRules["configured"]

  /** @param configured what the organisation says of identifier systems */
  constructor(
    vault: SqliteVault,
    now: () => number = Date.now,
    configured: IdentifierRules["configured"] = {},
  ) {
    this.vault = vault
    this.now = now
    this.configured = configured
  }

  /** Each input as one durable step: all of it or nothing. */
  async import(input: Bytes, where: string, source?: string): Promise<ImportSummary> {
    return this.importAll([{ input, where, ...(source !== undefined && { source }) }])
  }

  /** Several inputs in one durable step, which saves waiting for the disk. */
  importAll(inputs: readonly ImportInput[]): Promise<ImportSummary> {
    return this.vault.atomically(async () => {
      const rules = { configured: this.configured, now: this.now() }
      const step = new Step(this.vault, inputs, rules)
      try {
        let summary = EMPTY_SUMMARY
        for (const index of inputs.keys()) {
          const storing = new Storing(this.vault, this.now())
          summary = addSummaries(summary, await step.take(index, storing, this.now()))
        }
        return summary
      } finally {
        step.end()
      }
    })
  }
}

const sourceOf = ({ source }: ImportInput) => source ?? ""

/** The inputs of one durable step, one after the other. */
class Step {
  private readonly vault: SqliteVault
  private readonly inputs: readonly ImportInput[]
  private readonly readings: Readings
  /** Inputs whose bytes another source has sent to say something else. */
  private readonly apart = new Set<number>()

  constructor(vault: SqliteVault, inputs: readonly ImportInput[], rules: IdentifierRules) {
    this.vault = vault
    this.inputs = inputs
    this.readings = new Readings(
      inputs.map(({ input }) => input),
      {
        isKnown: (opened, index) => vault.hasBundle(this.nameOf(opened, index)),
        answers: (opened, index) =>
          answersOf(vault, opened, sourceOf(inputs[index]), this.formerIds(opened, index), rules),
      },
    )
  }

  private nameOf({ name }: Opened, index: number): Bytes {
    return domainHash("import", sourceOf(this.inputs[index]), name)
  }

  /** What its creates are again. Another source's Patient without a number or an id is not who that one was. */
  private formerIds(opened: Opened, index: number): readonly BundlePlace[] {
    const former = this.former(opened, index)
    return this.vault.hasBundle(this.nameOf(opened, index))
      ? former
      : former.filter(({ type }) => type !== "Patient")
  }

  /** What the same bytes made before, from this source or else from another one. */
  private former(opened: Opened, index: number): readonly BundlePlace[] {
    const name = this.nameOf(opened, index)
    if (this.vault.hasBundle(name)) return this.vault.placesOf(name)
    return this.apart.has(index) ? [] : this.vault.placesOfBytes(opened.name)
  }

  async take(index: number, storing: Storing, now: number): Promise<ImportSummary> {
    const input = this.inputs[index]
    const { where } = input
    let opened: Opened
    try {
      opened = await this.readings.open(index)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      return { ...EMPTY_SUMMARY, refused: [{ where, reason: error.code, detail: error.message }] }
    }
    const { vault } = this
    const name = this.nameOf(opened, index)
    const isKept = vault.hasBundle(name)
    if (isKept && vault.isDone(name) && !vault.isOvertaken(name)) return { ...EMPTY_SUMMARY, duplicates: 1 }
    let taken = await this.readings.takeApart(index)
    const former = isKept ? [] : this.former(opened, index)
    if (former.length > 0) {
      const said = await storing.compare(taken, former)
      if (said === "same") {
        const filed = await storing.settle(taken.claims, sourceOf(input))
        await storing.append()
        return { ...EMPTY_SUMMARY, duplicates: 1, filed }
      }
      if (said === "other") {
        this.apart.add(index)
        taken = await this.readings.takeApart(index)
      }
    }
    const refusedAs = ({ reason, detail }: { reason: string; detail: string }) => ({ where, reason, detail })
    const unwanted = new Map([...(await storing.misfiled(taken)), ...(await storing.tooMany(taken))])
    const refused = [...taken.refused, ...unwanted.values()].map(refusedAs)
    if (taken.isWhole && refused.length > 0) return { ...EMPTY_SUMMARY, refused }
    const incoming = taken.incoming.filter((one) => !unwanted.has(one))
    if (incoming.length === 0 && taken.existing.length === 0) return { ...EMPTY_SUMMARY, refused }
    await vault.keepBundle(name, taken.packed, now, opened.name)
    const plan = await storing.plan({ ...taken, incoming }, sourceOf(input))
    const waiting = incoming.flatMap(({ type, id, waitsFor }) =>
      waitsFor.map(({ reference }) => ({ where, resource: `${type}/${id}`, reference })),
    )
    await storing.write(name, plan, refused.length + waiting.length === 0)
    return {
      resources: plan.resources,
      patients: plan.patients,
      unchanged: plan.unchanged,
      filed: plan.filed,
      possibleDuplicates: plan.possibleDuplicates,
      renamed: incoming.filter(({ isRenamed }) => isRenamed).length,
      duplicates: 0,
      existing: taken.existing.length,
      refused,
      waiting,
      unresolved: this.absent(taken),
    }
  }

  end(): void {
    this.readings.drop()
  }

  /** References to what is neither in the input nor here. */
  private absent({ unresolved, outside }: TakenApart): string[] {
    const absent = outside.filter(({ target }) => {
      const [type, id] = target.split("/")
      return !this.vault.has(type, id)
    })
    return [...new Set([...unresolved, ...absent.map(({ reference }) => reference)])]
  }
}
