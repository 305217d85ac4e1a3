import type { OwnHistory, PatientPlace } from "@aceso/client"
import {
  type KeptNetwork,
  type KeptRecords,
  keptId,
  openedRecords,
  recordsToKeep,
  sealedRecords,
  withKept,
} from "@aceso/client/kept-history.ts"
import { PlatformError } from "@aceso/core/errors.ts"
import { type Fault, faultOf } from "../protocol.ts"
import { beginKeeping, type KeptRow, keepContent, keptRow, removeKept } from "./kept-store.ts"

/** What this device keeps of its person's records, as a page shows it. */
export interface ShownKept {
  readonly isOn: boolean
  /** ms, of the oldest part; null: nothing is kept yet. */
  readonly at: number | null
  readonly entries: number
  /** Of the oldest, for which there was no room. */
  readonly left: number
  /** What it takes on this device. */
  readonly bytes: number
  /** Why it could not be kept when that was tried last. */
  readonly fault: Fault | null
}

/** A history, and the names of those who wrote it. */
export interface Named {
  readonly history: OwnHistory
  readonly organisations: Readonly<Record<string, string>>
}

type Part = KeptRecords["parts"][number]
const oldestOf = ({ at, earlier = [] }: Part): number =>
  earlier.reduce((oldest, one) => Math.min(oldest, one.at), at)

/** The own records as they are kept on this device, if the person wants that. */
export class KeptHere {
  private readonly seed: Uint8Array
  private readonly places: readonly PatientPlace[]
  private readonly id: string
  /** What could not be kept, until it is. */
  private fault: Fault | null = null
  /** What had been kept was changed, and is gone. */
  private changed: PlatformError | undefined
  private last: Promise<unknown> = Promise.resolve()

  constructor(seed: Uint8Array, places: readonly PatientPlace[]) {
    this.seed = seed
    this.places = places
    this.id = keptId(seed)
  }

  /** Undefined: nothing is kept, or what was kept was changed since, and is removed. */
  private async opened(row: KeptRow | undefined): Promise<KeptRecords | undefined> {
    if (!row?.content) return undefined
    try {
      return await openedRecords(this.seed, row.content)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      // The choice stays: the next reading is kept again.
      await keepContent({ id: this.id })
      this.changed = error
      return undefined
    }
  }

  /** Of which network this person's records are, where no node says it. @throws PlatformError `kept_changed` */
  async network(): Promise<KeptNetwork | undefined> {
    const found = await this.opened(await keptRow(this.id))
    if (this.changed) throw this.changed
    return found
  }

  /** What does not answer now, as it was kept, and what was verified then and is not now. */
  async filled({ history, organisations }: Named): Promise<Named> {
    const kept = await this.opened(await keptRow(this.id))
    if (!kept) return { history, organisations }
    return {
      history: withKept(history, kept, this.places),
      organisations: {
        ...Object.fromEntries(kept.names.map(({ member, name }) => [member, name])),
        ...organisations,
      },
    }
  }

  /** Keeps what was read, if the person wants that; what goes wrong is told by `shown`. */
  keep(named: Named, network: KeptNetwork): Promise<void> {
    const done = this.last.then(() => this.keepNow(named, network))
    this.last = done
    return done
  }

  private async keepNow({ history, organisations }: Named, network: KeptNetwork): Promise<void> {
    try {
      const row = await keptRow(this.id)
      if (row === undefined) return
      // Of what nobody answered now there is nothing newer than what is kept.
      if (history.parts.every(({ state, keptAt }) => state === "unreachable" || keptAt !== undefined)) return
      const about = { ...network, organisations, now: Date.now() }
      const records = recordsToKeep(history, this.places, about, await this.opened(row))
      await keepContent({ id: this.id, content: await sealedRecords(this.seed, records) })
      this.fault = null
    } catch (error) {
      this.fault = faultOf(error)
    }
  }

  /** @throws PlatformError `device_full`: it is off as before */
  begin(): Promise<void> {
    return beginKeeping(this.id)
  }

  /** Nothing of it is left on this device, and nothing is kept from now on. */
  async end(): Promise<void> {
    await this.last
    await removeKept(this.id)
    this.fault = null
    this.changed = undefined
  }

  async shown(): Promise<ShownKept> {
    await this.last
    const row = await keptRow(this.id)
    const parts = (await this.opened(row))?.parts ?? []
    const sum = (of: (part: Part) => number) => parts.reduce((all, one) => all + of(one), 0)
    return {
      isOn: row !== undefined,
      at:
        parts.length === 0
          ? null
          : parts.reduce((oldest, part) => Math.min(oldest, oldestOf(part)), Infinity),
      entries: sum(({ lines, earlier = [] }) => lines.length + earlier.length),
      left: sum(({ left }) => left),
      bytes: parts.length === 0 ? 0 : (row?.content?.length ?? 0),
      fault: this.changed ? faultOf(this.changed) : this.fault,
    }
  }
}
