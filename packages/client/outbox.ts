import { type Bytes, type CaseDocument, equalBytes, type MemberId } from "@aceso/core"
import { type Device, MAX_WRITTEN, type WrittenDocument } from "./device.ts"

/** Bytes of documents that are remembered. */
const MAX_BYTES = 32 * 2 ** 20

interface Place {
  readonly case: Bytes
  readonly n: number
  readonly name: string
}

/**
 * What a person's device has written in cases: kept before the step is sent, so that it can be handed to whoever did not
 * take it, whatever happens to the others, and to those who come to the case later.
 */
export class Outbox {
  private readonly device: Device

  constructor(device: Device) {
    this.device = device
  }

  /** Durable when it resolves. Of what is owed to nobody the oldest goes where there is no more room. */
  keep(documents: readonly WrittenDocument[]): Promise<void> {
    return this.edit((before) => fitting([...before, ...documents]))
  }

  /** The step was refused: nothing of it will be asked for, nor does whom it named get what was written before. */
  drop(id: Bytes, n: number, named?: MemberId): Promise<void> {
    return this.edit((before) =>
      before
        .filter((one) => one.n !== n || !equalBytes(one.case, id))
        .map((one) =>
          equalBytes(one.case, id) ? { ...one, owed: one.owed.filter((member) => member !== named) } : one,
        ),
    )
  }

  async of(place: Place): Promise<CaseDocument | undefined> {
    return (await this.all()).find((one) => isAt(one, place))?.document
  }

  /** Of a case, what some member did not take yet. */
  async owed(id: Bytes): Promise<readonly WrittenDocument[]> {
    return (await this.all()).filter((one) => one.owed.length > 0 && equalBytes(one.case, id))
  }

  /** A member that is to get it as well. */
  owe(place: Place, member: MemberId): Promise<void> {
    return this.change(place, (owed) => [...new Set([...owed, member])])
  }

  delivered(place: Place, member: MemberId): Promise<void> {
    return this.change(place, (owed) => owed.filter((one) => one !== member))
  }

  private change(place: Place, edit: (owed: readonly MemberId[]) => MemberId[]): Promise<void> {
    return this.edit((all) => all.map((one) => (isAt(one, place) ? { ...one, owed: edit(one.owed) } : one)))
  }

  private async all(): Promise<readonly WrittenDocument[]> {
    return (await this.device.read()).written ?? []
  }

  private edit(how: (all: readonly WrittenDocument[]) => WrittenDocument[]): Promise<void> {
    return this.device.change((memory) => ({ ...memory, written: how(memory.written ?? []) }))
  }
}

/** Of what is owed to nobody the oldest goes where there is no more room. */
function fitting(all: readonly WrittenDocument[]): WrittenDocument[] {
  let bytes = all.reduce((sum, { document }) => sum + document.content.length, 0)
  let count = all.length
  const kept = all.filter(({ owed, document }) => {
    const isTooMuch = count > MAX_WRITTEN || bytes > MAX_BYTES
    if (!isTooMuch || owed.length > 0) return true
    bytes -= document.content.length
    count--
    return false
  })
  return kept.slice(-MAX_WRITTEN)
}

const isAt = (one: Place, { case: id, n, name }: Place): boolean =>
  one.n === n && one.name === name && equalBytes(one.case, id)
