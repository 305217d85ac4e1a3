import type { MoveShown } from "@aceso/client"
import { equalBytes, type Handle, type PatientMove } from "@aceso/core"
import type { Vault } from "../vault/vault.ts"
import type { Misfiling } from "./decisions.ts"
import { patientAt } from "./own-patients.ts"

/** As staff sees it. */
export async function shownMove(vault: Vault, { row, document }: Misfiling, n: number): Promise<MoveShown> {
  const { proposal } = document
  const from = await patientAt(vault, row.log)
  const to = row.target && (await patientAt(vault, row.target))
  const aliasOf = (handle: Handle) => (equalBytes(handle, row.log) ? from.alias : (to?.alias ?? "?"))
  const mustTell = row.state === "approved" || row.state === "moving" || row.state === "moved"
  const toTell = [from, ...(to ? [to] : [])].filter(
    ({ hasKey, handle }) => !hasKey && !document.told.some((one) => equalBytes(one, handle)),
  )
  return {
    n,
    id: row.id,
    alias: from.alias,
    resourceType: row.type,
    fhirId: row.fhirId,
    recordId: row.recordId,
    state: row.state,
    belongsTo: to?.alias ?? null,
    since: row.since,
    reason: document.reason,
    proposal: proposal && {
      kind: proposal.kind,
      reason: proposal.reason,
      approvals: proposal.approvals.map(({ name }) => name),
      agreed: proposal.agreements.map(({ handle }) => aliasOf(handle)),
    },
    dueAt: row.dueAt,
    toTell: mustTell ? toTell.map(({ alias }) => alias) : [],
    events: document.events,
  }
}

/** As one of the two patients sees it; undefined: it is none of this patient's business (any more). */
export function patientMoveOf({ row, document }: Misfiling, handle: Handle): PatientMove | undefined {
  const { proposal } = document
  const isFrom = equalBytes(row.log, handle)
  const isOpen = proposal?.kind === "move" && (row.state === "withheld" || row.state === "approved")
  if (!isFrom && !isOpen && row.state !== "moving" && row.state !== "moved") return undefined
  return {
    id: row.id,
    role: isFrom ? "from" : "to",
    state: row.state,
    resourceType: row.type,
    since: row.since,
    ended: row.ended,
    isOpen,
    hasAgreed: proposal?.agreements.some((one) => equalBytes(one.handle, handle)) ?? false,
    movesAt: row.state === "approved" ? row.dueAt : null,
    record: isOpen ? proposal.record : null,
    opening: isFrom
      ? { recordId: row.recordId, salt: document.salt, versions: proposal?.versions ?? 0 }
      : null,
  }
}
