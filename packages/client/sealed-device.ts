import {
  type Bytes,
  type Cbor,
  decodeCbor,
  domainBytes,
  domainHash,
  encodeCbor,
  equalBytes,
  type Hash,
  hash32,
  hkdf,
  list,
  object,
  oneOf,
  PlatformError,
  type Schema,
  sha256,
  uint,
} from "@aceso/core"
import { openWith, sealWith } from "./aes-gcm.ts"
import { type Device, type DeviceMemory, memoryParts, NOTHING_REMEMBERED } from "./device.ts"

/**
 * What a device remembers, where others may write: sealed under a key that follows from its seed, in parts, with an index
 * that says which belong together and what each holds, so that of what is gone can be said what it was.
 */

/** Where sealed parts lie, by name. */
export interface SealedStore {
  /** Nobody else changes anything here meanwhile. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  /** As they stood at one moment; what is not there is left out. */
  load(names: readonly string[]): Promise<ReadonlyMap<string, Bytes>>
  /** All of it or nothing, and durable when it resolves. @throws PlatformError `memory_full` */
  save(parts: ReadonlyMap<string, Bytes>): Promise<void>
}

export const MEMORY_PARTS = ["places", "invited", "written"] as const
const partName = oneOf(...MEMORY_PARTS)
export type MemoryPart = (typeof MEMORY_PARTS)[number]

/** Sealed bytes of a part. */
const MAX_PART_BYTES = 48 * 2 ** 20
const INDEX = "index"
const ALL = [INDEX, ...MEMORY_PARTS]

/** `count`: changes under way, invitations, texts. */
const index = object({
  parts: list(object({ name: partName, hash: hash32, count: uint() }), MEMORY_PARTS.length),
})

/** A part that cannot be believed. `count`: how much of it there was; null: not even that is known. */
export interface LostPart {
  readonly part: MemoryPart
  readonly count: number | null
}
/** `cleared`: there was a memory, and nothing is there any more. */
export interface MemoryState {
  readonly state: "whole" | "new" | "damaged" | "cleared"
  readonly lost: readonly LostPart[]
}

interface Found extends MemoryState {
  readonly memory: DeviceMemory
  readonly hashes: ReadonlyMap<MemoryPart, { readonly hash: Hash; readonly count: number }>
}

const countOf = (memory: DeviceMemory, part: MemoryPart): number =>
  part === "places"
    ? memory.places.reduce((sum, { waiting }) => sum + waiting.length, 0)
    : (memory[part]?.length ?? 0)

/** Of whom it is: a person, or somebody who acts for one (`whose`). @returns under what it lies, and its key */
export function memoryOf(
  seed: Bytes,
  ...whose: readonly (string | Bytes | number)[]
): {
  readonly id: Hash
  readonly key: Bytes
} {
  const own = hkdf(seed, new Uint8Array(0), domainBytes("device-memory", ...whose), 32)
  return { id: domainHash("device-memory-id", own), key: own }
}

export class SealedDevice implements Device {
  private readonly store: SealedStore
  private readonly key: Bytes
  /** The device has written here before. */
  private isExpected: boolean
  private kept: { readonly index: Bytes; readonly found: Found } | undefined

  /** @param isExpected the device says of itself that it has a memory, so that none at all means that it was cleared */
  constructor(store: SealedStore, key: Bytes, isExpected: boolean) {
    this.store = store
    this.key = key
    this.isExpected = isExpected
  }

  async state(): Promise<MemoryState> {
    const { state, lost } = await this.look()
    return { state, lost }
  }

  async read(): Promise<DeviceMemory> {
    return whole(await this.look())
  }

  change(edit: (memory: DeviceMemory) => DeviceMemory): Promise<void> {
    return this.store.exclusively(async () => {
      const found = await this.look()
      await this.write(found, edit(whole(found)))
    })
  }

  /** From now on something is remembered here, if nothing was; what is damaged stays as it is. */
  begin(): Promise<void> {
    return this.store.exclusively(async () => {
      const found = await this.look()
      if (found.state === "new") await this.write(found, found.memory)
    })
  }

  /** Gives up what cannot be believed, and goes on with the rest. */
  forgetLost(): Promise<void> {
    return this.store.exclusively(async () => {
      const found = await this.look()
      if (found.lost.length > 0) await this.write({ ...found, hashes: new Map() }, found.memory)
    })
  }

  private async write({ memory: before, hashes }: Found, memory: DeviceMemory): Promise<void> {
    const parts: { name: MemoryPart; hash: Hash; count: number }[] = []
    const changed = new Map<string, Bytes>()
    for (const name of MEMORY_PARTS) {
      const known = hashes.get(name)
      if (known && memory[name] === before[name]) parts.push({ name, ...known })
      else {
        const content = await this.sealed(name, { [name]: memory[name] ?? [] } as unknown as Cbor)
        if (content.length > MAX_PART_BYTES)
          throw new PlatformError(
            "memory_full",
            "this device remembers more than it has room for; nothing was changed",
          )
        changed.set(name, content)
        parts.push({ name, hash: sha256(content), count: countOf(memory, name) })
      }
    }
    changed.set(INDEX, await this.sealed(INDEX, { parts } as unknown as Cbor))
    await this.store.save(changed)
  }

  private async look(): Promise<Found> {
    // What another tab has written since has another index.
    const [first] = (await this.store.load([INDEX])).values()
    if (first && this.kept && equalBytes(first, this.kept.index)) return this.kept.found
    const all = await this.store.load(ALL)
    const found = await this.openedAll(all)
    const now = all.get(INDEX)
    if (found.state === "whole") this.isExpected = true
    this.kept = now && found.state === "whole" ? { index: now, found } : undefined
    return found
  }

  private async openedAll(all: ReadonlyMap<string, Bytes>): Promise<Found> {
    const none = { memory: NOTHING_REMEMBERED, hashes: new Map() }
    const everything = MEMORY_PARTS.map((part): LostPart => ({ part, count: null }))
    if (all.size === 0)
      return this.isExpected
        ? { ...none, state: "cleared", lost: everything }
        : { ...none, state: "new", lost: [] }
    const said = await this.opened(INDEX, all.get(INDEX), index)
    if (!said) return { ...none, state: "damaged", lost: everything }
    let memory = NOTHING_REMEMBERED
    const hashes = new Map<MemoryPart, { hash: Hash; count: number }>()
    const lost: LostPart[] = []
    for (const { name, hash, count } of said.parts) {
      const content = all.get(name)
      const isMeant = content !== undefined && equalBytes(sha256(content), hash)
      const schema: Schema<Partial<DeviceMemory>> = partSchemas[name]
      const part = isMeant ? await this.opened(name, content, schema) : undefined
      if (part) {
        memory = { ...memory, ...part }
        hashes.set(name, { hash, count })
      } else lost.push({ part: name, count })
    }
    return { memory, hashes, state: lost.length > 0 ? "damaged" : "whole", lost }
  }

  private sealed(name: string, value: Cbor): Promise<Bytes> {
    return sealWith(this.key, boundTo(name), encodeCbor(value))
  }

  /** Undefined: it is not there, or not what this device wrote. */
  private async opened<T>(
    name: string,
    content: Bytes | undefined,
    schema: Schema<T>,
  ): Promise<T | undefined> {
    if (!content || content.length > MAX_PART_BYTES) return undefined
    const plain = await openWith(this.key, boundTo(name), content)
    // Nobody but this device has sealed it: what it says is as it was written.
    return plain && schema.parse(decodeCbor(plain), name)
  }
}

const boundTo = (name: string): Bytes => domainBytes("device-memory-part", name)

const partSchemas = {
  places: object({ places: memoryParts.places }),
  invited: object({ invited: memoryParts.invited }),
  written: object({ written: memoryParts.written }),
} as const satisfies Readonly<Record<MemoryPart, unknown>>

/** @throws PlatformError `memory_damaged` */
function whole({ memory, state, lost }: Found): DeviceMemory {
  if (lost.length === 0) return memory
  const what = lost
    .map(({ part, count }) => `${WORDS[part]}${count === null ? "" : ` (${count})`}`)
    .join(", ")
  throw new PlatformError(
    "memory_damaged",
    state === "cleared"
      ? `what this device remembered was cleared: ${what}. Say that it begins anew, then go on`
      : `what this device remembers was changed or cut by somebody else, and nothing of it is believed: ${what}. Say that it begins anew without that, then go on`,
  )
}

const WORDS: Readonly<Record<MemoryPart, string>> = {
  places: "changes of what you share that were under way",
  invited: "invitations to act for you",
  written: "texts that you wrote",
}
