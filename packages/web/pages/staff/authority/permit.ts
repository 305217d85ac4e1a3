import { computed } from "vue"
import { useMe } from "../me.ts"

/** Whether whoever looks may also act, by a ballot or as the authority; the node decides it anyway. */
export function usePermitted() {
  const { me, nameOf } = useMe()
  return { isAdministrator: computed(() => me.value?.isAdministrator === true), nameOf }
}
