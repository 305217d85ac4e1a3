import { ref, type ShallowRef, watch } from "vue"
import type { AreaLink, Counting } from "../../kit/area.ts"
import { useRefresh } from "../../kit/refresh.ts"

/** How often what waits is looked at. */
export const EVERY_MS = 30_000
const turn = ref(0)

/** What waits is counted anew, as after a decision. */
export function refreshCounts(): void {
  turn.value++
}

/** What waits behind each link that counts, by its address. */
export function useCounts(session: ShallowRef<Counting | undefined>, links: readonly AreaLink[]) {
  const counts = ref<Readonly<Record<string, number>>>({})
  async function count(): Promise<void> {
    const open = session.value
    if (!open) return
    for (const { to, count } of links) {
      if (!count) continue
      try {
        counts.value = { ...counts.value, [to]: await count(open) }
      } catch {
        // What cannot be reached says so on its own page.
      }
    }
  }
  watch([session, turn], () => void count())
  useRefresh(() => void count(), EVERY_MS, ["requests", "inbox"])
  return counts
}
