import { onScopeDispose, ref, type ShallowRef, watch } from "vue"
import type { AreaLink, Counting } from "../../kit/area.ts"

const EVERY_MS = 30_000
const turn = ref(0)

/** What waits is counted anew, as after a decision. */
export function refreshCounts(): void {
  turn.value++
}

/** Runs when the page gets focus, and every 30 s while somebody may see it. @returns ends it */
export function whileVisible(run: () => void): () => void {
  const now = () => {
    if (document.visibilityState === "visible") run()
  }
  const timer = setInterval(now, EVERY_MS)
  window.addEventListener("focus", now)
  return () => {
    clearInterval(timer)
    window.removeEventListener("focus", now)
  }
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
  onScopeDispose(whileVisible(() => void count()))
  return counts
}
