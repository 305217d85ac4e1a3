import { shallowRef } from "vue"
import type { MeShown } from "../../session/staff/me.ts"
import { useStaff } from "../../shell/session.ts"

/** Who works here, and what organisations are called; undefined until the node has said it. */
export function useMe() {
  const session = useStaff()
  const me = shallowRef<MeShown>()
  void session
    .call("me", [])
    .then((found) => {
      me.value = found
    })
    .catch(() => {})
  /** The name of an organisation, or its short name where the ledger has none. */
  const nameOf = (member: string): string => me.value?.names[member] ?? member
  return { me, nameOf }
}
