import type { ProcessWords } from "@aceso/cli/cases/words.ts"
import type { Command, Group } from "@aceso/cli/command.ts"
import type { Guide } from "@aceso/cli/tours/guide.ts"
import type { Tour } from "@aceso/cli/tours/tour.ts"
import type { Process } from "@aceso/core"
import type { ServerModule } from "@aceso/server/modules/module.ts"
import { library } from "./library/capability.ts"
import { messages } from "./messages/capability.ts"

/** What a capability brings to whatever composes it: a node, the command line, the demo. */
export interface Capability {
  readonly name: string
  /** Every version that was ever active. */
  readonly processes: readonly Process[]
  readonly modules: readonly ServerModule[]
  /** What its processes are called at the command line. */
  readonly words: readonly ProcessWords[]
  /** On the demo, each by its name. */
  readonly tours: readonly Tour[]
  /** The same, step by step in the pages. */
  readonly guides?: readonly Guide[]
  /** By the name that is typed; `holds`: what holds when it is broken off. */
  readonly commands: Readonly<Record<string, { readonly command: Command | Group; readonly holds: string }>>
}

/** All of them: adding one is its folder and a line here. */
export const capabilities: readonly Capability[] = [messages, library]
