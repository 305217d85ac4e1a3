import { shown } from "./app-policy.ts"

/**
 * What an answer with a file of the app may come with: what says how it is packed, kept and carried, and what takes
 * rights away. Browsers act on many others (`Link`, `Speculation-Rules`, `Service-Worker-Allowed`, `Clear-Site-Data`,
 * `Reporting-Endpoints`, CORS), and on more with each year: whatever is not here is a fault.
 */
const PLAIN = new Set([
  ...["accept-ranges", "age", "cache-control", "connection", "content-encoding", "content-length"],
  ...["content-type", "date", "etag", "expires", "keep-alive", "last-modified", "pragma", "server"],
  ...["strict-transport-security", "transfer-encoding", "vary", "via"],
  // Held against what they have to be elsewhere.
  ...["content-security-policy", "x-content-type-options"],
  // Says something only beside the one that names who may read.
  "access-control-expose-headers",
])

/** These values alone (Fetch, HTML: cross-origin policies; W3C Referrer Policy, Permissions Policy; RFC 7838). */
const VALUES: Readonly<Record<string, RegExp>> = {
  // Any other moves later fetches to another server, or to another protocol, by which nobody looks.
  "alt-svc": /^clear$/,
  "cross-origin-embedder-policy": /^(require-corp|credentialless)$/,
  "cross-origin-opener-policy": /^same-origin$/,
  "cross-origin-resource-policy": /^same-origin$/,
  "origin-agent-cluster": /^\?1$/,
  "permissions-policy": /^[a-z-]+=\((self)?\)( *, *[a-z-]+=\((self)?\))*$/,
  "referrer-policy": /^no-referrer$/,
  "x-frame-options": /^deny$/i,
}
/** Without them a page has more rights than it is given. */
const NEEDED = ["cross-origin-opener-policy", "referrer-policy"]
/** Of those that no standard names, these are read by browsers. */
const READ = new Set(["x-dns-prefetch-control", "x-sourcemap", "x-webkit-csp", "x-content-security-policy"])

/**
 * What is wrong with the headers of a file, beside its type and its policy.
 * @param origin that serves it, which it may name as the one that may read it @param isPage is it looked at as a page
 */
export function headerFaults(headers: Headers, origin: string, isPage: boolean): readonly string[] {
  const isOwn = (name: string, value: string) => name === "access-control-allow-origin" && value === origin
  const faults = [...headers].flatMap(([name, value]) =>
    isOwn(name, value) ? [] : (faultOf(name, value) ?? []),
  )
  const missing = isPage ? NEEDED.filter((name) => !headers.has(name)) : []
  return [...faults, ...missing.map((name) => `${name} is missing`)]
}

function faultOf(name: string, value: string): string | undefined {
  const expected = VALUES[name]
  if (expected) return expected.test(value) ? undefined : `${name} is ${shown(value)}, which permits too much`
  if (PLAIN.has(name) || (name.startsWith("x-") && !READ.has(name))) return undefined
  return `it comes with ${shown(name)}, which no page needs`
}
