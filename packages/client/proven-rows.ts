import { type Bytes, type Cbor, rowsAnswer } from "@aceso/core"
import { type LedgerProofs, rowsAt } from "./ledger-proofs.ts"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"

type OwnTable = "handles" | "delegates" | "delegateCounts" | "recordLogs"

/** Rows of the ledger about the own handle, which are not for everybody, with proofs. */
export class ProvenRows {
  private readonly proofs: LedgerProofs
  private readonly ask: PatientCalls["ask"]

  constructor(proofs: LedgerProofs, ask: PatientCalls["ask"]) {
    this.proofs = proofs
    this.ask = ask
  }

  /** @param more what the key has behind custodian and handle @throws PlatformError `bad_proof`, those of the node */
  async at(
    place: PatientPlace,
    table: OwnTable,
    more: readonly (readonly Cbor[])[],
  ): Promise<(Bytes | null)[]> {
    return (await this.withHeight(place, table, more)).rows
  }

  /** The same, and the block by whose state they were proven. */
  withHeight(
    place: PatientPlace,
    table: OwnTable,
    more: readonly (readonly Cbor[])[],
  ): ReturnType<LedgerProofs["rowsAndHeight"]> {
    const { url, custodian, handle } = place
    const keys = more.map((parts) => [custodian, handle, ...parts])
    const source = rowsAt(url, (rows) =>
      this.ask(place, "rows", { rows: rows as unknown as Cbor }, rowsAnswer),
    )
    return this.proofs.rowsAndHeight(source, table, keys)
  }
}
