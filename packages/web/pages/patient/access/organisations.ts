import type { Organisation } from "@aceso/client"
import { computed, type Ref, ref } from "vue"
import { usePatient } from "../../../shell/session.ts"

interface Names {
  readonly all: Ref<readonly Organisation[]>
  readonly failed: Ref<boolean>
  load(): Promise<void>
}

/** Asked once a session, however many parts of a page say names. */
const known = new WeakMap<object, Names>()

function namesOf(session: ReturnType<typeof usePatient>): Names {
  const found = known.get(session)
  if (found) return found
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
  const names = { all, failed, load }
  known.set(session, names)
  return names
}

/** Names of organisations as the ledger has them; until they are known, and where they are not, what they are called there. */
export function useOrganisations() {
  const { all, failed, load } = namesOf(usePatient())
  const names = computed(() => new Map(all.value.map(({ member, name }) => [member, name])))
  return { all, failed, load, nameOf: (member: string): string => names.value.get(member) ?? member }
}
