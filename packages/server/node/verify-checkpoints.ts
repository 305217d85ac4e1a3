import { memberKeys } from "@aceso/contracts"
import {
  type Checkpoint,
  type Countersigned,
  equalBytes,
  type GenesisDocument,
  messageOf,
  PlatformError,
  verifyCountersigned,
} from "@aceso/core"
import { type Block, type Chain, checkpointOf } from "@aceso/ledger"

export interface CheckpointVerification {
  readonly checked: Record<string, number>
  readonly findings: readonly { readonly kind: string; readonly where: string; readonly detail: string }[]
  readonly notes: readonly string[]
}

/** Every block after a fork differs: the first ones say enough. */
const MAX_FINDINGS = 20

/** Holds checkpoints that members keep against a re-executed chain. */
export function verifyCheckpoints(
  all: readonly Countersigned[],
  chain: Chain,
  genesis: GenesisDocument,
): CheckpointVerification {
  const findings: CheckpointVerification["findings"][number][] = []
  const perMember = new Map<string, number>()
  let [compared, signatures, ahead, pruned, newest] = [0, 0, 0, 0, 0]
  const oldestFirst = [...all].sort((a, b) => a.checkpoint.height - b.checkpoint.height)
  for (const one of oldestFirst) {
    const { height } = one.checkpoint
    const find = (kind: string, detail: string) => findings.push({ kind, where: `block ${height}`, detail })
    let signers: string[]
    try {
      const { operator, members } = verifyCountersigned(
        one,
        genesis,
        (key) => chain.store.get(memberKeys, [key]) ?? undefined,
      )
      signers = [...(operator ? ["the operator"] : []), ...members]
      signatures += signers.length
      for (const member of members) perMember.set(member, (perMember.get(member) ?? 0) + 1)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      find("signature_wrong", messageOf(error))
      continue
    }
    if (height > chain.tip.height) {
      ahead++
      newest = Math.max(newest, height)
      continue
    }
    const own = blockAt(chain, height)
    if (!own) {
      pruned++
      continue
    }
    compared++
    const differs = differences(one.checkpoint, checkpointOf(genesis.network, own))
    if (differs.length > 0)
      find(
        "history_differs",
        `${signers.join(", ")} signed another block: not the same ${differs.join(", ")}`,
      )
  }
  if (ahead > 0 && genesis.engine === "embedded")
    findings.push({
      kind: "history_cut",
      where: `block ${chain.tip.height + 1}`,
      detail: `members signed blocks up to ${newest}, this ledger ends at block ${chain.tip.height}`,
    })
  if (compared === 0 && findings.length === 0)
    findings.push({
      kind: "nothing_compared",
      where: "checkpoints",
      detail: "this chain has none of the blocks that the file names: take a newer copy of one or the other",
    })
  const more = findings.length - MAX_FINDINGS
  const who = [...perMember]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([member, count]) => `${member} (${count})`)
  return {
    checked: { checkpoints: compared, countersignatures: signatures, members: perMember.size },
    findings:
      more > 0
        ? [
            ...findings.slice(0, MAX_FINDINGS),
            { kind: "more", where: "checkpoints", detail: `${more} more findings like these` },
          ]
        : findings,
    notes: [
      `compared with ${compared} checkpoints of ${perMember.size} members: ${who.join(", ") || "none"}`,
      ...(ahead > 0 ? [`not compared: ${ahead} checkpoints of blocks above ${chain.tip.height}`] : []),
      ...(pruned > 0 ? [`not compared: ${pruned} checkpoints of blocks that this chain no longer has`] : []),
    ],
  }
}

function blockAt(chain: Chain, height: number): Block | undefined {
  try {
    return chain.block(height)
  } catch (error) {
    if (error instanceof PlatformError && ["height_pruned", "height_unknown"].includes(error.code))
      return undefined
    throw error
  }
}

function differences(a: Checkpoint, b: Checkpoint): string[] {
  return [
    ...(a.time === b.time ? [] : ["time"]),
    ...(equalBytes(a.txRoot, b.txRoot) ? [] : ["transactions"]),
    ...(equalBytes(a.historyHash, b.historyHash) ? [] : ["history"]),
    ...(equalBytes(a.stateRoot, b.stateRoot) ? [] : ["state"]),
  ]
}
