import type { ActiveAnswer, StatusAnswer } from "@aceso/client"
import type { PublicClient } from "@aceso/client/public-client.ts"
import { genesisHash, toHex } from "@aceso/core"
import { visibleCalls } from "../visible-calls.ts"

/** What a node says of itself and of its network. */
export interface ShownNode extends Pick<StatusAnswer, "network" | "engine" | "isDemo"> {
  readonly state: "serves" | "stalled" | "recovers" | "waits" | "catchingUp"
  /** ms */
  readonly stalledSince?: number
  readonly why?: string
  readonly height: number
  /** Of the newest block, ms. */
  readonly time: number
  /** null: it makes blocks alone, or none. */
  readonly peers: number | null
  readonly validators: readonly { readonly member: string | null; readonly power: number }[]
  readonly countersigned: { readonly height: number; readonly time: number; readonly members: number } | null
  readonly forks: readonly { readonly height: number; readonly member: string }[]
  /** Its hash, in hexadecimal. */
  readonly genesis: string
  readonly members: readonly {
    readonly member: string
    readonly name: string
    readonly kind: string
    readonly url: string
    readonly status: string
  }[]
  readonly active: ActiveAnswer["active"]
}

const stateOf = ({ isStarted, isRecovering, stalled, consensus }: StatusAnswer): ShownNode["state"] => {
  if (isRecovering) return "recovers"
  if (stalled) return "stalled"
  if (!isStarted) return "waits"
  return consensus?.catchingUp ? "catchingUp" : "serves"
}

export const nodeCalls = (node: PublicClient) =>
  visibleCalls({
    /** Whose node it is, as the members' list calls it. */
    async nodeName(): Promise<string> {
      const [{ member }, members] = await Promise.all([node.status(), node.members()])
      return members.find((one) => one.member === member)?.name ?? member
    },
    async nodeShown(): Promise<ShownNode> {
      const [status, members, { signed }, active] = await Promise.all([
        node.status(),
        node.members(),
        node.genesis(),
        node.active(),
      ])
      const { network, engine, isDemo, checkpoint, consensus, stalled, checkpoints } = status
      return {
        ...{
          network,
          engine,
          isDemo,
          state: stateOf(status),
          height: checkpoint.height,
          time: checkpoint.time,
        },
        ...(stalled && { stalledSince: stalled.since, why: stalled.why }),
        peers: consensus?.peers ?? null,
        validators: (consensus?.validators ?? []).map(({ member, power }) => ({ member, power })),
        countersigned: checkpoints?.countersigned ?? null,
        forks: (checkpoints?.forks ?? []).map(({ height, member }) => ({ height, member })),
        genesis: toHex(genesisHash(signed)),
        ...{ members, active },
      }
    },
  })
