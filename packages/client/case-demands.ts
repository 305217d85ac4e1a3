import { type CaseRow, type CaseStepRow, PlatformError } from "@aceso/core"

/** Where a document of a case stands. */
export interface DocumentPlace {
  readonly n: number
  readonly name: string
}

interface Parts {
  /** The part that the person takes. */
  readonly party: string
  readonly row: Pick<CaseRow, "demands" | "parties">
  readonly steps: readonly CaseStepRow[]
  /** Fetches and checks it. */
  document(at: DocumentPlace): Promise<unknown>
  /** @throws PlatformError the rejection of the contract */
  submit(action: "demand" | "meet", at: DocumentPlace): Promise<void>
}

/** What a document is refused for: it is there, and is not what was committed, or is not there. */
const MISSING = new Set(["document_not_here", "document_refused", "node_unreachable", "unknown_member"])

/**
 * Demands on the ledger what members committed and do not hand over, so that all who take part see it; what has come since
 * is demanded no more (CAPABILITIES.md, Documents).
 * @returns what is demanded now
 */
export async function demandMissing(parts: Parts): Promise<readonly DocumentPlace[]> {
  const { party, row, steps } = parts
  const byMembers = new Set(row.parties.flatMap((one) => (one.member === null ? [] : [one.party])))
  const places = steps.flatMap(({ party: author, documents }, n) =>
    byMembers.has(author) ? documents.map(({ name }) => ({ n, name })) : [],
  )
  const demanded: DocumentPlace[] = []
  for (const at of places) {
    const isMissing = await parts.document(at).then(
      () => false,
      (error: unknown) => {
        if (error instanceof PlatformError && MISSING.has(error.code)) return true
        throw error
      },
    )
    const isDemanded = row.demands.some(
      (one) => one.party === party && one.n === at.n && one.name === at.name,
    )
    if (isMissing) demanded.push(at)
    if (isMissing !== isDemanded) await parts.submit(isMissing ? "demand" : "meet", at)
  }
  return demanded
}
