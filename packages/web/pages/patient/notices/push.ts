import { scriptUrl } from "../../../session/trusted.ts"

/** What this browser can do, or lets these pages do. */
export type Ability = "able" | "unable" | "refused"

export function ability(): Ability {
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis))
    return "unable"
  return Notification.permission === "denied" ? "refused" : "able"
}

async function registered(): Promise<ServiceWorkerRegistration> {
  await navigator.serviceWorker.register(scriptUrl("/sw.js") as string, { updateViaCache: "none" })
  return navigator.serviceWorker.ready
}

/** Where this browser is told of messages; undefined: nowhere. */
export async function endpointNow(): Promise<string | undefined> {
  if (ability() !== "able") return undefined
  const registration = await navigator.serviceWorker.getRegistration("/")
  return (await registration?.pushManager.getSubscription())?.endpoint
}

const isSame = (a: ArrayBuffer | null | undefined, b: Uint8Array): boolean =>
  a !== null &&
  a !== undefined &&
  a.byteLength === b.length &&
  new Uint8Array(a).every((value, i) => value === b[i])

/**
 * Asks the browser's push service for an endpoint for messages by this key.
 * @throws DOMException of the browser: there is no push service, or none that can be reached
 */
export async function subscribed(key: Uint8Array): Promise<string> {
  const { pushManager } = await registered()
  const known = await pushManager.getSubscription()
  if (known && isSame(known.options.applicationServerKey, key)) return known.endpoint
  // The operator has another key than it had.
  await known?.unsubscribe()
  const made = await pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key as BufferSource,
  })
  return made.endpoint
}

export async function unsubscribed(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration("/")
  await (await registration?.pushManager.getSubscription())?.unsubscribe()
}
