import { type Bytes, PlatformError } from "@aceso/core"
import type { IdentifierRules } from "@aceso/fhir"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
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
  /** Where it comes from: ids of patients mean that source's. Inputs that name none are of one source. */
  readonly source?: string
}

/**
 * Takes FHIR input into the vault, and never waits for the ledger, which hears of it through the Committer.
 *
 * Inputs are told apart by their unpacked bytes. One that came before is skipped as a duplicate as long as
 * everything that it set is the newest still. Otherwise it is taken again, so that it can revert a later
 * change: each of its creates then means what it made the first time, and nothing is stored twice.
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

  constructor(vault: SqliteVault, inputs: readonly ImportInput[], rules: IdentifierRules) {
    this.vault = vault
    this.inputs = inputs
    this.readings = new Readings(
      inputs.map(({ input }) => input),
      {
        isKnown: ({ name }) => vault.hasBundle(name),
        answers: (opened, index) => answersOf(vault, opened, sourceOf(inputs[index]), rules),
      },
    )
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
    const { name } = opened
    if (this.vault.hasBundle(name) && !this.vault.isOvertaken(name))
      return { ...EMPTY_SUMMARY, duplicates: 1 }
    const taken = await this.readings.takeApart(index)
    const refusedAs = ({ reason, detail }: { reason: string; detail: string }) => ({ where, reason, detail })
    const refused = taken.refused.map(refusedAs)
    if (taken.incoming.length === 0 && taken.existing.length === 0) return { ...EMPTY_SUMMARY, refused }
    await this.vault.keepBundle(name, taken.packed, now)
    const plan = await storing.plan(taken, sourceOf(input))
    await storing.write(name, plan)
    const { resources, patients, unchanged, possibleDuplicates } = plan
    const existing = taken.existing.length
    const unresolved = this.absent(taken)
    refused.push(...plan.refused.map(refusedAs))
    return {
      resources,
      patients,
      unchanged,
      duplicates: 0,
      possibleDuplicates,
      existing,
      refused,
      unresolved,
    }
  }

  end(): void {
    this.readings.drop()
  }

  /** References to what is neither in the input nor here. */
  private absent({ incoming, unresolved }: TakenApart): string[] {
    const inside = new Set(incoming.map(({ type, id }) => `${type}/${id}`))
    return unresolved.filter((reference) => {
      const [type, id, ...more] = reference.split("/")
      const isLocal = id !== undefined && !type.includes(":") && (more.length === 0 || more[0] === "_history")
      return !isLocal || !(inside.has(`${type}/${id}`) || this.vault.has(type, id))
    })
  }
}
