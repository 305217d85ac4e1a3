import { onMounted, onUnmounted } from "vue"

/** Looks again when the page is seen again, and every so often while it is. @param everyMs ms */
export function useRefresh(look: () => void, everyMs: number): void {
  let timer: ReturnType<typeof setInterval> | undefined
  const seen = () => {
    if (document.visibilityState === "visible") look()
  }
  onMounted(() => {
    document.addEventListener("visibilitychange", seen)
    timer = setInterval(seen, everyMs)
  })
  onUnmounted(() => {
    document.removeEventListener("visibilitychange", seen)
    clearInterval(timer)
  })
}
