import { computed, type InjectionKey, inject, type Ref } from "vue"
import type { Acting } from "../../../session/patient/delegates.ts"
import { usePatient } from "../../../shell/session.ts"

/** What whoever acts for somebody may do now; undefined: that is not known yet, or nobody acts. */
export const ACTING: InjectionKey<Readonly<Ref<Acting | undefined>>> = Symbol("acting")

/** Whether this session acts for somebody else, and what it may do; until that is known it may nothing. */
export function useActing() {
  const isDelegate = usePatient().identity.actsAs !== undefined
  const acting = inject(ACTING)
  return {
    isDelegate,
    mayDecide: computed(() => !isDelegate || (acting?.value?.may.includes("decide") ?? false)),
  }
}
