import { onScopeDispose } from "vue"

/** So long nobody touches the page until it locks, ms. */
export const IDLE_MS = 10 * 60_000
const CHECK_MS = 5_000

/** Calls once nobody has touched the page for a while; also after the machine slept. */
export function useIdle(onIdle: () => void, idleMs = IDLE_MS): void {
  let last = Date.now()
  const touch = () => {
    // Whoever comes back after the machine slept is not the one who unlocked it.
    if (Date.now() - last > idleMs) onIdle()
    last = Date.now()
  }
  const events = ["pointerdown", "keydown", "wheel", "touchstart"] as const
  for (const event of events) addEventListener(event, touch, { capture: true, passive: true })
  const timer = setInterval(() => {
    if (Date.now() - last > idleMs) onIdle()
  }, CHECK_MS)
  onScopeDispose(() => {
    clearInterval(timer)
    for (const event of events) removeEventListener(event, touch, { capture: true })
  })
}
