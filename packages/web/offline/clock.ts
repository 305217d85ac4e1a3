import { ref } from "vue"

/** ms by which this device's clock is ahead of the node's, negative: behind; 0: near enough, or nobody says. */
export const clockAheadMs = ref(0)
/** Signatures live for a minute: with a clock that is further off nothing that this device signs is accepted. */
const MAX_OFF_MS = 60_000

/** Asks now, and again when somebody comes back to the page while it is wrong, as from the device's settings. */
export function watchClock(): void {
  void compare()
  document.addEventListener("visibilitychange", () => {
    if (clockAheadMs.value !== 0 && document.visibilityState === "visible") void compare()
  })
}

async function compare(): Promise<void> {
  try {
    const { headers } = await fetch("/manifest.webmanifest", { method: "HEAD", cache: "no-store" })
    const ahead = Date.now() - Date.parse(headers.get("date") ?? "")
    clockAheadMs.value = Math.abs(ahead) > MAX_OFF_MS ? ahead : 0
  } catch {
    // Without a network nothing is signed that a clock could spoil.
  }
}
