import type { DelegateAbility } from "@aceso/core"
import { computed, ref } from "vue"
import { usePatient } from "../../../shell/session.ts"

/** Whether this session acts for somebody else, and what it may do; until that is known it may nothing. */
export function useActing() {
  const session = usePatient()
  const acting = ref<{ isDelegate: boolean; may: readonly DelegateAbility[] }>()
  void session.call("acting", []).then(
    (found) => {
      acting.value = found
    },
    () => {
      // What needs an ability stays hidden; the page itself says what cannot be reached.
    },
  )
  return {
    isDelegate: computed(() => acting.value?.isDelegate ?? false),
    /** The person themself, no delegate. */
    isPerson: computed(() => acting.value !== undefined && !acting.value.isDelegate),
    mayDecide: computed(() => acting.value?.may.includes("decide") ?? false),
  }
}
