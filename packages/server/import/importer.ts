import { type Bytes, domainHash, PlatformError } from "@aceso/core"
import { atPlace, type IdentifierRules } from "@aceso/fhir"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { BundlePlace, ImportRun } from "../vault/vault.ts"
import { answersOf } from "./people-here.ts"
import { Readings } from "./reader.ts"
import type { Opened, TakenApart } from "./reading.ts"
import { awaitedBy, Storing } from "./storing.ts"
import { addSummaries, EMPTY_SUMMARY, type ImportSummary } from "./summary.ts"

export { addSummaries, EMPTY_SUMMARY, type ImportSummary } from "./summary.ts"

export interface ImportInput {
  readonly input: Bytes
  /** How messages name the input, such as a file's name. */
  readonly where: string
  /** Where it comes from: ids mean that source's. Inputs that name none are of one source. */
  readonly source?: string
  /** Set where it is lines of one resource each (NDJSON): the number of the first of them in its file. */
  readonly firstLine?: number
  /** The import whose part it is: what others of its files have overtaken is not stored again when all come again. */
  readonly run?: ImportRun
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
          const storing = new Storing(this.vault, { ...rules, now: this.now() })
          summary = addSummaries(summary, await step.take(index, storing, this.now()))
        }
        return summary
      } finally {
        step.end()
      }
    })
  }
}

/** Of equal bytes of other sources so many are compared with an input. */
const MAX_FORMER = 16

const sourceOf = ({ source }: ImportInput) => source ?? ""

/** The inputs of one durable step, one after the other. */
class Step {
  private readonly vault: SqliteVault
  private readonly inputs: readonly ImportInput[]
  private readonly readings: Readings
  /** How many sources have sent an input's very bytes to say something else. */
  private readonly apart = new Map<number, number>()

  constructor(vault: SqliteVault, inputs: readonly ImportInput[], rules: IdentifierRules) {
    this.vault = vault
    this.inputs = inputs
    this.readings = new Readings(
      inputs.map(({ input, firstLine }) => ({ bytes: input, ...(firstLine !== undefined && { firstLine }) })),
      {
        isKnown: (opened, index) => vault.hasBundle(this.nameOf(opened, index)),
        answers: (opened, index) =>
          answersOf(vault, opened, {
            source: sourceOf(inputs[index]),
            former: this.formerIds(opened, index),
            rules,
          }),
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
    const apart = this.apart.get(index) ?? 0
    return apart < MAX_FORMER ? this.vault.placesOfBytes(opened.name, apart) : []
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
    if (vault.hasBundle(name) && vault.isDone(name) && !this.isOvertaken(name, input))
      return { ...EMPTY_SUMMARY, duplicates: 1 }
    const { taken, isSaid } = await this.takeApart(opened, index, storing)
    if (isSaid) {
      const filed = await storing.settle(taken, sourceOf(input))
      await storing.append()
      return { ...EMPTY_SUMMARY, duplicates: 1, filed }
    }
    return this.store(taken, { name, opened, storing, now, input })
  }

  /** Whether anything that it set has a newer version by now, other than what the same import brings after it. */
  private isOvertaken(name: Bytes, { run }: ImportInput): boolean {
    if (!this.vault.isOvertaken(name)) return false
    return (
      run === undefined ||
      this.vault
        .overtaken(name, run)
        .values()
        .some(({ isWithin }) => !isWithin)
    )
  }

  /** What the same import brings after it stands as it is: only the rest of an input is taken again. */
  private withoutOvertaken(taken: TakenApart, name: Bytes, { run }: ImportInput): TakenApart {
    if (run === undefined || !this.vault.hasBundle(name)) return taken
    const overtaken = this.vault.overtaken(name, run)
    const incoming = taken.incoming.filter(({ index, type, id }) => {
      const found = overtaken.get(index)
      return !found?.isWithin || found.type !== type || found.fhirId !== id
    })
    return incoming.length === taken.incoming.length ? taken : { ...taken, incoming }
  }

  /**
   * Takes an input apart; one whose very bytes other sources have sent is compared with theirs, one after the other.
   * @returns `isSaid`: one of them said the same of the same people
   */
  private async takeApart(
    opened: Opened,
    index: number,
    storing: Storing,
  ): Promise<{ readonly taken: TakenApart; readonly isSaid: boolean }> {
    let taken = await this.readings.takeApart(index)
    if (this.vault.hasBundle(this.nameOf(opened, index))) return { taken, isSaid: false }
    for (;;) {
      const former = this.former(opened, index)
      if (former.length === 0) return { taken, isSaid: false }
      const said = await storing.compare(taken, former)
      if (said !== "other") return { taken, isSaid: said === "same" }
      this.apart.set(index, (this.apart.get(index) ?? 0) + 1)
      taken = await this.readings.takeApart(index)
    }
  }

  private async store(
    all: TakenApart,
    {
      name,
      opened,
      storing,
      now,
      input,
    }: {
      readonly name: Bytes
      readonly opened: Opened
      readonly storing: Storing
      readonly now: number
      readonly input: ImportInput
    },
  ): Promise<ImportSummary> {
    const { where } = input
    const { vault } = this
    const taken = this.withoutOvertaken(all, name, input)
    const standing = all.incoming.length - taken.incoming.length
    const refusedAs = ({ reason, detail }: { reason: string; detail: string }) => ({ where, reason, detail })
    const refusals = await storing.refusals(taken)
    const unstorable = [...refusals].map(([{ index }, { reason, detail }]) => ({
      reason,
      detail: atPlace(taken, index, detail),
    }))
    const refused = [...taken.refused, ...unstorable].map(refusedAs)
    if (taken.isWhole && refused.length > 0) return { ...EMPTY_SUMMARY, refused }
    const incoming = taken.incoming.filter((one) => !refusals.has(one))
    const existing = taken.existing.filter((one) => !refusals.has(one))
    if (incoming.length + existing.length + taken.older.length === 0)
      return { ...EMPTY_SUMMARY, refused, unchanged: standing }
    await vault.keepBundle(name, taken.packed, now, opened.name)
    const { places, ...plan } = await storing.plan(
      { ...taken, incoming, existing },
      { source: sourceOf(input), where },
    )
    const isWaiting = incoming.some((one) => awaitedBy(one).length > 0)
    // What a urn means, an input after this one may tell.
    const isOpen = isWaiting || taken.unresolved.some((one) => one.startsWith("urn:"))
    await storing.write(name, places, refused.length === 0 && !isOpen, {
      source: sourceOf(input),
      ...(input.run && { run: input.run }),
    })
    return {
      ...plan,
      unchanged: plan.unchanged + standing,
      renamed: incoming.filter(({ isRenamed }) => isRenamed).length,
      duplicates: 0,
      existing: existing.length,
      refused,
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
