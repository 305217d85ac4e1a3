/**
 * What has to hold of the headers that pages come with (W3C Content Security Policy 3), whichever release sent them:
 * rules, and not our own release's text, because others may be released beside it.
 */

/** A directive, what it may allow, and which one stands for it where it is absent. */
const ALLOWED: readonly (readonly [name: string, allowed: readonly string[], otherwise?: string])[] = [
  ["default-src", []],
  ["script-src", ["'self'", "'wasm-unsafe-eval'"], "default-src"],
  ["script-src-elem", ["'self'"], "script-src"],
  ["script-src-attr", [], "script-src"],
  ["style-src", ["'self'"], "default-src"],
  ["style-src-elem", ["'self'"], "style-src"],
  ["style-src-attr", [], "style-src"],
  ["worker-src", ["'self'"], "script-src"],
  ["object-src", [], "default-src"],
  ["frame-src", [], "default-src"],
  ["child-src", [], "default-src"],
  ["img-src", ["'self'", "data:", "blob:"], "default-src"],
  ["font-src", ["'self'"], "default-src"],
  ["media-src", ["'self'", "blob:"], "default-src"],
  ["manifest-src", ["'self'"], "default-src"],
  ["base-uri", []],
  ["form-action", []],
  ["frame-ancestors", []],
]
/** Beside those: what is held against something else, and what only takes rights away. */
const MORE = [
  ...["connect-src", "require-trusted-types-for", "trusted-types"],
  ...["sandbox", "upgrade-insecure-requests", "block-all-mixed-content"],
]
/** Any other one is a fault: `report-uri` tells somebody of each page that is opened. */
const KNOWN: ReadonlySet<string> = new Set([...ALLOWED.map(([name]) => name), ...MORE])
const MAX_POLICY = 65_536

/**
 * What a policy lets through that a page of ours never needs, as ends of a sentence.
 * @param header `content-security-policy` as it came; of several policies one has to be strict: all of them hold
 * @param mayTalkTo origins beside the page's own; undefined: nobody knows which
 */
export function policyFaults(
  header: string | undefined,
  mayTalkTo: readonly string[] | undefined,
): readonly string[] {
  if (header === undefined || header.trim() === "") return ["there is none, so scripts of anybody may run"]
  if (header.length > MAX_POLICY) return ["it is longer than any policy is"]
  // A blank that is none in ASCII is part of a name for a browser, and of nothing here.
  if (/[^\t\x20-\x7e]/.test(header)) return ["it has characters that stand in no policy"]
  const policies = header.split(",").map(directivesIn)
  const all = policies.map((one) => faultsOf(one, mayTalkTo))
  const fewest = all.reduce((least, one) => (one.length < least.length ? one : least))
  // Each of several does what it says, however strict another one is.
  const unknown = policies.flatMap((one) => [...one.keys()].filter((name) => !KNOWN.has(name)))
  return [...fewest, ...unknown.map((name) => `${shown(name)} is no part of a page's policy`)]
}

/** As a browser reads it: of a directive that stands twice the first one counts. */
function directivesIn(policy: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const one of policy.split(";")) {
    const [name, ...values] = one.trim().split(/[\t\n\f\r ]+/)
    const lower = name.toLowerCase()
    if (lower !== "" && !found.has(lower)) found.set(lower, values)
  }
  return found
}

function faultsOf(
  directives: ReadonlyMap<string, readonly string[]>,
  mayTalkTo: readonly string[] | undefined,
): string[] {
  const faults: string[] = []
  for (const [name, allowed, otherwise] of ALLOWED) {
    const own = directives.get(name)
    // What stands for it is there, or is told to be missing in a line of its own.
    if (own === undefined && otherwise !== undefined)
      if (otherwise !== "default-src" || directives.has(otherwise)) continue
    if (own === undefined) faults.push(`${name} is missing`)
    else faults.push(...beyond(name, own, new Set(allowed)))
  }
  const connect = directives.get("connect-src") ?? directives.get("default-src")
  if (connect && mayTalkTo) faults.push(...beyond("connect-src", connect, new Set(["'self'", ...mayTalkTo])))
  if (!directives.get("require-trusted-types-for")?.includes("'script'"))
    faults.push("require-trusted-types-for 'script' is missing")
  const types = directives.get("trusted-types")
  if (!types) faults.push("trusted-types is missing")
  else if (types.some((one) => one === "*" || one.toLowerCase() === "'allow-duplicates'"))
    faults.push(`trusted-types allows ${shown(types.join(" "))}`)
  return faults
}

const beyond = (name: string, values: readonly string[], allowed: ReadonlySet<string>): string[] =>
  values
    .filter((one) => one.toLowerCase() !== "'none'" && !allowed.has(one.toLowerCase()))
    .map((one) => `${name} allows ${shown(one)}`)

/** What others wrote, as it may stand in a line. */
export const shown = (text: string, most = 120): string =>
  text.replace(/[^\x20-\x7e]/g, "?").slice(0, most) + (text.length > most ? "..." : "")
