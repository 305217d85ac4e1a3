import { type InjectionKey, inject, type Ref } from "vue"
import type { ActsFor } from "../../session/protocol.ts"

/** For whom whoever uses this device acts. */
export interface ActsForKept {
  readonly all: Readonly<Ref<readonly ActsFor[]>>
  /** What an accepted invitation, or one that was given up, brought: shown, and kept on this device. */
  keep(now: { readonly actsFor: readonly ActsFor[]; readonly places: Uint8Array }): Promise<void>
}
export const ACTS_FOR: InjectionKey<ActsForKept> = Symbol("acts for")

export function useActsFor(): ActsForKept {
  const found = inject(ACTS_FOR)
  if (!found) throw new Error("this page is only shown to somebody who has unlocked it")
  return found
}
