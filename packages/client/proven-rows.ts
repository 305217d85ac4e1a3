import { type Bytes, type Cbor, rowsAnswer } from "@aceso/core"
import { type LedgerProofs, rowsAt } from "./ledger-proofs.ts"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"

/** Rows of the ledger about the own handle, which are not for everybody, with proofs. */
export class ProvenRows {
  private readonly proofs: LedgerProofs
  private readonly ask: PatientCalls["ask"]

  constructor(proofs: LedgerProofs, ask: PatientCalls["ask"]) {
    this.proofs = proofs
    this.ask = ask
  }

  /** @param more what the key has behind custodian and handle @throws PlatformError `bad_proof`, those of the node */
  at(
    place: PatientPlace,
    table: "handles" | "delegates" | "delegateCounts",
    more: readonly (readonly Cbor[])[],
  ): Promise<(Bytes | null)[]> {
    const { url, custodian, handle } = place
    const keys = more.map((parts) => [custodian, handle, ...parts])
    const source = rowsAt(url, (rows) =>
      this.ask(place, "rows", { rows: rows as unknown as Cbor }, rowsAnswer),
    )
    return this.proofs.rows(source, table, keys)
  }
}
