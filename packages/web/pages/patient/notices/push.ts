import { equalBytes } from "@aceso/core/bytes.ts"
import { registerWorker } from "../../../offline/register.ts"

/** What this browser can do, or lets these pages do. */
export type Ability = "able" | "unable" | "refused"

export function ability(): Ability {
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis))
    return "unable"
  return Notification.permission === "denied" ? "refused" : "able"
}

async function registered(): Promise<ServiceWorkerRegistration> {
  await registerWorker()
  return navigator.serviceWorker.ready
}

async function subscription(): Promise<PushSubscription | null | undefined> {
  const registration = await navigator.serviceWorker.getRegistration("/")
  return registration?.pushManager.getSubscription()
}

/** Where this browser is told of messages; undefined: nowhere. */
export async function endpointNow(): Promise<string | undefined> {
  if (ability() !== "able") return undefined
  return (await subscription())?.endpoint
}

/**
 * Asks the browser's push service for an endpoint for messages by this key.
 * @throws DOMException of the browser: there is no push service, or none that can be reached
 */
export async function subscribed(key: Uint8Array): Promise<string> {
  const { pushManager } = await registered()
  const known = await pushManager.getSubscription()
  const before = known?.options.applicationServerKey
  if (known && before && equalBytes(new Uint8Array(before), key)) return known.endpoint
  // The operator has another key than it had.
  await known?.unsubscribe()
  const made = await pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key as BufferSource,
  })
  return made.endpoint
}

export async function unsubscribed(): Promise<void> {
  await (await subscription())?.unsubscribe()
}
