import { onMounted, onUnmounted } from "vue"

/** Looks again when the page is seen or used again, and every so often while it is seen. @param everyMs ms */
export function useRefresh(look: () => void, everyMs: number): void {
  let timer: ReturnType<typeof setInterval> | undefined
  const seen = () => {
    if (document.visibilityState === "visible") look()
  }
  onMounted(() => {
    document.addEventListener("visibilitychange", seen)
    window.addEventListener("focus", seen)
    timer = setInterval(seen, everyMs)
  })
  onUnmounted(() => {
    document.removeEventListener("visibilitychange", seen)
    window.removeEventListener("focus", seen)
    clearInterval(timer)
  })
}
