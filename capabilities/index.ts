import type { Process } from "@aceso/core"
import { messages } from "./messages/definition/process.ts"

/** What a capability brings to whatever composes it: a node, the command line, the demo. */
export interface Capability {
  readonly name: string
  /** Every version that was ever active. */
  readonly processes: readonly Process[]
}

/** All of them: adding one is its folder and a line here. */
export const capabilities: readonly Capability[] = [{ name: "messages", processes: [messages] }]
