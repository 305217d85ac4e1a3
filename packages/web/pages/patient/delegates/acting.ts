import { computed, ref } from "vue"
import type { Acting } from "../../../session/patient/delegates.ts"
import { usePatient } from "../../../shell/session.ts"

/** Whether this session acts for somebody else, and what it may do; until that is known it may nothing. */
export function useActing() {
  const session = usePatient()
  const acting = ref<Acting>()
  void session.call("acting", []).then(
    (found) => {
      acting.value = found
    },
    () => {
      // What needs an ability stays hidden; the page itself says what cannot be reached.
    },
  )
  return {
    acting,
    isDelegate: computed(() => acting.value?.isDelegate ?? false),
    /** The person themself, no delegate. */
    isPerson: computed(() => acting.value !== undefined && !acting.value.isDelegate),
    mayDecide: computed(() => acting.value?.may.includes("decide") ?? false),
  }
}
