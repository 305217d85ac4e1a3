import { type Bytes, type Cbor, encodeCbor, rowsAnswer } from "@aceso/core"
import type { LedgerProofs } from "./ledger-proofs.ts"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"
import { PublicClient } from "./public-client.ts"

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
    const client = {
      url,
      genesis: () => new PublicClient(url).genesis(),
      prove: (table: string, keys: readonly (readonly Cbor[])[]) => {
        const encoded = keys.map((key) => key.map((part) => encodeCbor(part)))
        return this.ask(place, "rows", { rows: { table, keys: encoded, height: 0 } }, rowsAnswer)
      },
    }
    return this.proofs.rows(client, table, keys)
  }
}
