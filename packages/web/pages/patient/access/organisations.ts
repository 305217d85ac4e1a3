import type { Organisation } from "@aceso/client"
import { computed, ref } from "vue"
import { usePatient } from "../../../shell/session.ts"

/** Names of organisations as the ledger has them; until they are known, and where they are not, what they are called there. */
export function useOrganisations() {
  const session = usePatient()
  const all = ref<readonly Organisation[]>([])
  const failed = ref(false)
  const load = async (): Promise<void> => {
    failed.value = false
    try {
      all.value = await session.call("organisations", [])
    } catch {
      failed.value = true
    }
  }
  void load()
  const names = computed(() => new Map(all.value.map(({ member, name }) => [member, name])))
  return { all, failed, load, nameOf: (member: string): string => names.value.get(member) ?? member }
}
