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

  /** Durable when it returns. Of what is owed to nobody the oldest goes where there is no more room. */
  keep(documents: readonly WrittenDocument[]): void {
    const all = [...this.all(), ...documents]
    let bytes = all.reduce((sum, { document }) => sum + document.content.length, 0)
    let count = all.length
    const kept = all.filter(({ owed, document }) => {
      const isTooMuch = count > MAX_WRITTEN || bytes > MAX_BYTES
      if (!isTooMuch || owed.length > 0) return true
      bytes -= document.content.length
      count--
      return false
    })
    this.write(kept.slice(-MAX_WRITTEN))
  }

  /** The step was refused: nothing of it will be asked for, nor does whom it named get what was written before. */
  drop(id: Bytes, n: number, named?: MemberId): void {
    const kept = this.all().filter((one) => one.n !== n || !equalBytes(one.case, id))
    this.write(
      kept.map((one) =>
        equalBytes(one.case, id) ? { ...one, owed: one.owed.filter((member) => member !== named) } : one,
      ),
    )
  }

  of(place: Place): CaseDocument | undefined {
    return this.all().find((one) => isAt(one, place))?.document
  }

  /** Of a case, what some member did not take yet. */
  owed(id: Bytes): readonly WrittenDocument[] {
    return this.all().filter((one) => one.owed.length > 0 && equalBytes(one.case, id))
  }

  /** A member that is to get it as well. */
  owe(place: Place, member: MemberId): void {
    this.change(place, (owed) => [...new Set([...owed, member])])
  }

  delivered(place: Place, member: MemberId): void {
    this.change(place, (owed) => owed.filter((one) => one !== member))
  }

  private change(place: Place, edit: (owed: readonly MemberId[]) => readonly MemberId[]): void {
    this.write(this.all().map((one) => (isAt(one, place) ? { ...one, owed: edit(one.owed) } : one)))
  }

  private all(): readonly WrittenDocument[] {
    return this.device.read().written ?? []
  }

  private write(written: readonly WrittenDocument[]): void {
    this.device.write({ ...this.device.read(), written })
  }
}

const isAt = (one: Place, { case: id, n, name }: Place): boolean =>
  one.n === n && one.name === name && equalBytes(one.case, id)
