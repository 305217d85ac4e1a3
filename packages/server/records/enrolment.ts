import { handles } from "@aceso/contracts"
import { nameOf } from "@aceso/core"
import { Batches } from "../node/batches.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import { ALL, type Setbacks } from "../node/setbacks.ts"
import type { Log } from "../vault/record-log.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"

/** As many handles as the contract takes at once. */
const HANDLES_PER_TRANSACTION = 1_000

/** Brings the handles of patients that an import found to the ledger, before their first entries. */
export class Enrolment {
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly setbacks: Setbacks
  private readonly batches: Batches<Log>

  constructor(
    vault: SqliteVault,
    ledger: LedgerClient,
    setbacks: Setbacks,
    onSetback: (error: unknown) => void,
  ) {
    this.vault = vault
    this.ledger = ledger
    this.setbacks = setbacks
    this.batches = new Batches(setbacks, {
      nameOf,
      send: (some) => this.send(some),
      replan: (some) => this.markWhatIsThere(some),
      onSetback,
    })
  }

  /** Enrols what waits. @returns how many handles the ledger has now */
  async run(): Promise<number> {
    this.batches.begin()
    let total = 0
    while (!this.setbacks.isHeld(ALL)) {
      const waiting = await this.vault.unenrolled(HANDLES_PER_TRANSACTION, this.setbacks.apart())
      if (waiting.length === 0) break
      total += await this.batches.submit(waiting)
    }
    return total
  }

  private async send(some: readonly Log[]): Promise<number> {
    await this.ledger.call("people", "enrolWithoutKey", { handles: some })
    await this.vault.markEnrolled(some)
    return some.length
  }

  /** After a crash some are there already. Only this custodian enrols under its name, so they are its own. */
  private async markWhatIsThere(some: readonly Log[]): Promise<number | undefined> {
    const { engine, member } = this.ledger
    const there: Log[] = []
    for (const handle of some) if (await engine.read(handles, [member, handle])) there.push(handle)
    if (there.length === 0) return undefined
    await this.vault.markEnrolled(there)
    return there.length
  }
}
