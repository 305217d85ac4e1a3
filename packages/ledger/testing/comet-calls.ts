import { setTimeout as delay } from "node:timers/promises"
import { type Bytes, type Cbor, PlatformError, publicKey } from "@aceso/core"
import type { ClusterNode } from "./comet-cluster.ts"
import { envelopeOf, FOUNDER, handleOf, seedOf } from "./network.ts"

/** Transactions that tests of several nodes send, and what they wait for. */
export const NETWORK = "test-net"

/** Signed by those named. */
export const call = (contract: string, action: string, input: unknown, ...by: readonly string[]): Bytes =>
  envelopeOf(NETWORK, { contract, action, input: input as Cbor }, ...by.map(seedOf))

export const propose = (changes: readonly object[], by = FOUNDER): Bytes =>
  call("governance", "propose", { changes }, by)
export const vote = (proposal: Bytes, by: string): Bytes =>
  call("governance", "vote", { proposal, yes: true }, by)

export const admission = (member: string) => ({
  do: "admit",
  member,
  name: member,
  kind: "custodian",
  url: `https://${member}.example`,
  key: publicKey(seedOf(member)),
})

let people = 0
/** A new handle each time. */
export const enrolment = (custodian: string, lifeMs = 120_000): Bytes => {
  const input = { handles: [handleOf(`somebody ${people++}`)] }
  const expiry = Date.now() + lifeMs
  return envelopeOf(
    NETWORK,
    { contract: "people", action: "enrolWithoutKey", input, expiry },
    seedOf(custodian),
  )
}

/** @returns the height; throws when the contract refuses it */
export async function accepted(node: ClusterNode, envelope: Bytes): Promise<number> {
  const { height, result } = await node.submit(envelope)
  if (!result.ok) throw new PlatformError(result.rejection ?? "rejected", "the contract refused it")
  return height
}

/** Sends a proposal. @returns its id and the height */
export async function opened(node: ClusterNode, proposal: Bytes): Promise<{ id: Bytes; height: number }> {
  const height = await accepted(node, proposal)
  const events = await node.events<{ proposal: Bytes }>(height)
  const event = events.find(({ name }) => /^proposal/.test(name))
  if (!event) throw new Error(`block ${height} opens no proposal`)
  return { id: event.data.proposal, height }
}

/** Asks until the answer is one. */
export async function until<T>(ask: () => Promise<T | undefined | false>, everyMs = 30): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    await delay(everyMs)
  }
}
