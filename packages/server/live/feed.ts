import { cases } from "@aceso/contracts"
import type { Bytes, Handle, LedgerEvent } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { keysIn } from "../cases/case-now.ts"
import type { Stocks } from "../cases/stocks.ts"
import type { Askers } from "./askers.ts"
import type { LiveHub } from "./hub.ts"

interface Parts {
  readonly engine: Pick<Engine, "read" | "status" | "subscribe">
  readonly stocks: Pick<Stocks, "handleOf">
  readonly live: LiveHub
  readonly askers: Askers
  readonly member: string
  readonly onFault: (error: unknown) => void
}

/** Behind all of its block. */
const LAST = Number.MAX_SAFE_INTEGER

/**
 * What the ledger's events tell whoever listens. It begins with the newest block and keeps no cursor: what nobody
 * listened to is seen by who looks.
 */
export class LedgerFeed {
  private readonly parts: Parts
  private end: (() => void) | undefined
  private isClosed = false

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Once is enough. @throws PlatformError where the ledger cannot be reached */
  async begin(): Promise<void> {
    if (this.end || this.isClosed) return
    const { engine, onFault } = this.parts
    const { height } = (await engine.status()).checkpoint
    if (this.end || this.isClosed) return
    // What an engine hands out never fails.
    this.end = engine.subscribe({ height, transaction: LAST, index: LAST }, (event) =>
      this.take(event).catch(onFault),
    )
  }

  close(): void {
    this.isClosed = true
    this.end?.()
  }

  private async take({ contract, name, data }: LedgerEvent): Promise<void> {
    const { live, askers, member } = this.parts
    if (contract === "cases") return this.takeCase((data as unknown as { readonly case: Bytes }).case)
    if (contract !== "policy" && contract !== "people" && contract !== "delegates") return
    const { custodian, handle } = data as unknown as { readonly custodian: string; readonly handle: Handle }
    if (contract === "policy") live.toStaff("requests", askers.of({ custodian, handle }))
    if (custodian !== member) return
    if (contract === "policy") {
      live.toPatient(handle, "policy")
      return
    }
    live.checkPatient(handle)
    if (contract === "delegates") live.toPatient(handle, "delegates")
    else if (name === "rekeyBegun" || name === "rekeyCancelled") live.toPatient(handle, "rekeys")
  }

  /** A case is somebody's here by the keys that their device left. */
  private async takeCase(id: Bytes): Promise<void> {
    const { engine, stocks, live } = this.parts
    if (!live.hearsPatients) return
    const row = await engine.read(cases, [id])
    const handle = row && (await stocks.handleOf(keysIn(row)))
    if (handle) live.toPatient(handle, "inbox")
  }
}
