import { isLoopbackHost, PlatformError } from "@aceso/core"

/** Push services of the browsers that there are; `app.push.services` in node.json names others in their place. */
export const PUSH_SERVICES: readonly string[] = [
  "fcm.googleapis.com",
  "updates.push.services.mozilla.com",
  "*.notify.windows.com",
  "web.push.apple.com",
]

const NAMES =
  /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:[1-9]\d{0,4})?$/

/** A host, or `*.` and a domain of which every host is meant; with a port where it is not the usual one. */
export const isPushService = (value: string): boolean =>
  NAMES.test(value) && Number(/:(\d+)$/.exec(value)?.[1] ?? 443) <= 65_535

/**
 * Where a message for this endpoint goes. A browser's word is a stranger's: the node calls services on the list alone,
 * by HTTPS, and one on its own machine only where the list names it and the whole network is on one machine.
 * @throws PlatformError `bad_endpoint`, without the endpoint: whoever has it can send to that device
 */
export function pushTarget(
  endpoint: string,
  services: readonly string[],
  { mayBeLoopback }: { readonly mayBeLoopback: boolean },
): URL {
  const refused = (why: string) =>
    new PlatformError("bad_endpoint", `this is no address of a push service: ${why}`)
  if (!URL.canParse(endpoint)) throw refused("it is no URL")
  const url = new URL(endpoint)
  if (url.username !== "" || url.password !== "" || url.hash !== "")
    throw refused("it names a user or a fragment")
  const isNamed = services.some((service) =>
    service.startsWith("*.") ? url.host.endsWith(service.slice(1)) : url.host === service,
  )
  if (!isNamed)
    throw refused("its host is not on the operator's list of push services (app.push.services in node.json)")
  if (isLoopbackHost(url.hostname) && !mayBeLoopback)
    throw refused("it is on this machine, and the network is not")
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname))
  if (!isSafe) throw refused("it does not begin with https://")
  return url
}
