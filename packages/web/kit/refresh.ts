import type { LiveTopic } from "@aceso/client/live-topics.ts"
import { onMounted, onUnmounted, watch } from "vue"
import { isLive, onTopics } from "./live.ts"

/** How often is looked all the same while news are told, ms: nobody has to be believed who tells none. */
export const LIVE_MS = 60_000

/**
 * Looks again when it is told that one of the topics is new, when the page is seen or used again, and every so often
 * while it is seen.
 * @param everyMs while nobody tells what is new, ms
 * @param liveMs while somebody does, ms
 */
export function useRefresh(
  look: () => void,
  everyMs: number,
  topics: readonly LiveTopic[] = [],
  liveMs = LIVE_MS,
): void {
  let timer: ReturnType<typeof setInterval> | undefined
  const seen = () => {
    if (document.visibilityState === "visible") look()
  }
  const arm = () => {
    clearInterval(timer)
    timer = setInterval(seen, topics.length > 0 && isLive.value ? Math.max(everyMs, liveMs) : everyMs)
  }
  let end = () => {}
  onMounted(() => {
    document.addEventListener("visibilitychange", seen)
    window.addEventListener("focus", seen)
    if (topics.length > 0) end = onTopics(topics, seen)
    arm()
  })
  watch(isLive, arm)
  onUnmounted(() => {
    document.removeEventListener("visibilitychange", seen)
    window.removeEventListener("focus", seen)
    clearInterval(timer)
    end()
  })
}
