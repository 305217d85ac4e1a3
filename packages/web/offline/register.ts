import { ref } from "vue"
import { scriptUrl } from "../session/trusted.ts"
import { watchClock } from "./clock.ts"

/** A newer build of these pages waits until none of this one is open. */
export const isNewVersionReady = ref(false)

/** From the next opening on these pages are there without a network. What is shown first is loaded first. */
export function workOffline(): void {
  const soon = globalThis.requestIdleCallback ?? ((work: () => void) => setTimeout(work, 1000))
  const begin = () => {
    watchClock()
    if ("serviceWorker" in navigator) void register()
  }
  addEventListener("load", () => soon(begin), { once: true })
}

export const registerWorker = (): Promise<ServiceWorkerRegistration> =>
  navigator.serviceWorker.register(scriptUrl("/sw.js") as string, { updateViaCache: "none" })

async function register(): Promise<void> {
  const workers = navigator.serviceWorker
  // Where there is no room for it, or the browser wants none, the pages work all the same.
  const registration = await registerWorker().catch(() => undefined)
  if (!registration) return
  const look = () => {
    if (registration.waiting && workers.controller) isNewVersionReady.value = true
  }
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", look)
  })
  look()
}
