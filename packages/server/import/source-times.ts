import { isCredible, type Said, type SaidHere, type SourceId } from "@aceso/fhir"
import type { SaidBy } from "../vault/sqlite-source-times.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { ReadResource } from "./reading.ts"

type Dated = Pick<ReadResource, "type" | "id" | "sourceId" | "saidAt" | "isEnd">

/** When sources last changed what they have sent (fhir/source-times.ts). */
export class SourceTimes {
  private readonly vault: SqliteVault
  private readonly now: number

  /** @param now ms */
  constructor(vault: SqliteVault, now: number) {
    this.vault = vault
    this.now = now
  }

  /** The newest that a source has said of what it calls so and has this id here. */
  of(name: SourceId, id: string, source: string): SaidHere | undefined {
    const all = readBy(name, id).flatMap((one) => this.vault.said({ source, ...one }) ?? [])
    const [newest] = all.sort((a, b) => b.at - a.at || Number(b.isEnd) - Number(a.isEnd))
    return newest && { ...newest, id }
  }

  /** Of an end without a time nothing is known but that it came after all that was said. */
  note({ id, sourceId, saidAt, isEnd }: Dated, source: string): void {
    if (!sourceId || (saidAt === undefined && !isEnd)) return
    for (const one of writtenBy(sourceId, id)) {
      const by = { source, ...one }
      const last = this.vault.said(by)
      const time = isCredible(saidAt, this.now) ? saidAt : isEnd ? last?.at : undefined
      if (time !== undefined && !isNewer(last, time)) this.vault.setSaid(by, { at: time, isEnd })
    }
  }
}

const isNewer = (last: Said | undefined, time: number) => last !== undefined && last.at > time

type Named = Omit<SaidBy, "source">

/**
 * A resource is one whatever address its source gave it. One person may be called several things by a source, each with
 * times of its own, and by several servers of it; what came without an address may be of any of them.
 */
function writtenBy({ type, id: named, base }: SourceId, id: string): readonly Named[] {
  if (type !== "Patient") return [{ type, base: "", fhirId: id }]
  return ["", base === "" ? BARE : base].map((one) => ({ type, base: one, fhirId: named }))
}

function readBy({ type, id: named, base }: SourceId, id: string): readonly Named[] {
  if (type !== "Patient") return [{ type, base: "", fhirId: id }]
  return (base === "" ? [""] : [base, BARE]).map((one) => ({ type, base: one, fhirId: named }))
}

const BARE = "bare"
