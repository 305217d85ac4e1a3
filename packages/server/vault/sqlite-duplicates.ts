import { type Bytes, compareBytes, type Handle } from "@aceso/core"
import type { DuplicateRow } from "./schema.ts"
import { SqliteListing } from "./sqlite-listing.ts"
import type { NewDuplicate, StoredDuplicate } from "./vault-people.ts"

/** Pairs of patients that may be one. */
export abstract class SqliteDuplicates extends SqliteListing {
  addDuplicates(pairs: readonly NewDuplicate[], at: number): Promise<number> {
    return this.atomically(async () => {
      let added = 0
      for (const { pair, reasons, setApart } of pairs) {
        const [first, second] = sorted(pair)
        const insert = this.prepare(
          "INSERT INTO duplicates (first, second, reasons, set_apart, found_at, state) VALUES (?, ?, ?, ?, ?, 'open') ON CONFLICT DO NOTHING",
        )
        const { changes } = insert.run(first, second, reasons.join(" "), setApart, at)
        added += Number(changes)
        // What speaks for it now is told instead of what did before; who has decided has decided.
        if (Number(changes) === 0)
          this.prepare(
            "UPDATE duplicates SET reasons = ? WHERE first = ? AND second = ? AND state = 'open'",
          ).run(reasons.join(" "), first, second)
      }
      return added
    })
  }

  async openDuplicates(after: number, limit: number): Promise<readonly StoredDuplicate[]> {
    const rows = this.prepare(
      "SELECT * FROM duplicates WHERE state = 'open' AND n > ? ORDER BY n LIMIT ?",
    ).all(after, limit)
    return (rows as unknown as DuplicateRow[]).map(duplicateOf)
  }

  decideDuplicate(
    a: Handle,
    b: Handle,
    { state, by, at }: { readonly state: "same" | "apart"; readonly by: string; readonly at: number },
  ): Promise<void> {
    return this.atomically(async () => {
      const [first, second] = sorted([a, b])
      this.prepare(
        "INSERT INTO duplicates (first, second, reasons, found_at, state, decided_at, decided_by) VALUES (?1, ?2, '', ?3, ?4, ?3, ?5) ON CONFLICT DO UPDATE SET state = ?4, decided_at = ?3, decided_by = ?5",
      ).run(first, second, at, state, by)
    })
  }

  async duplicate(a: Handle, b: Handle): Promise<StoredDuplicate | undefined> {
    const [first, second] = sorted([a, b])
    const row = this.prepare("SELECT * FROM duplicates WHERE first = ? AND second = ?").get(first, second)
    return row && duplicateOf(row as unknown as DuplicateRow)
  }

  /** Whether the patient was made because several others fitted. */
  wasSetApart(handle: Handle): boolean {
    return this.prepare("SELECT 1 FROM duplicates WHERE set_apart = ? LIMIT 1").get(handle) !== undefined
  }
}

const sorted = ([a, b]: readonly [Bytes, Bytes]): [Bytes, Bytes] =>
  compareBytes(a, b) <= 0 ? [a, b] : [b, a]

function duplicateOf(row: DuplicateRow): StoredDuplicate {
  return {
    number: row.n,
    pair: [row.first, row.second],
    reasons: row.reasons === "" ? [] : row.reasons.split(" "),
    setApart: row.set_apart,
    foundAt: row.found_at,
    state: row.state,
    decidedAt: row.decided_at,
    decidedBy: row.decided_by,
  }
}
