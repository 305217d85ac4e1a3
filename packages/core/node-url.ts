/**
 * Where a node may be reached: one rule for one's own address and for those on the ledger. Contracts use it too, so it
 * is a pure function of text; what it accepts is its own WHATWG origin, character by character.
 */

/** `unusable`: unspecified, link-local, multicast; no node of another organisation is there. */
export type AddressKind = "usable" | "loopback" | "unusable"

/** What kind of IP address this is; undefined: it is none. IPv6 addresses that carry an IPv4 one are of its kind. */
export function addressKind(text: string): AddressKind | undefined {
  const four = parseIpv4(text)
  if (four) return kindOfIpv4(four)
  // A zone names the interface of a link-local address.
  const six = parseIpv6(text.toLowerCase().replace(/%.*$/, ""))
  return six && kindOfIpv6(six)
}

/**
 * What is wrong with a node's URL, as the end of a sentence; undefined: nothing.
 * @param mayBeLoopback on a network whose genesis says that its nodes are on one machine
 */
export function nodeUrlFault(
  url: string,
  { mayBeLoopback }: { readonly mayBeLoopback: boolean },
): string | undefined {
  const [, scheme, host, port] = FORM.exec(url) ?? []
  if (host === undefined || host.length > MAX_HOST)
    return "write it as https://node.hospital.example or https://node.hospital.example:8443: small letters, no user, path, query or fragment, nothing behind it"
  if (port !== undefined && (Number(port) > 65_535 || port === DEFAULT_PORTS[scheme]))
    return `leave out the port ${port}: a port is from 1 to 65535, and ${DEFAULT_PORTS[scheme]} is what ${scheme} has anyway`
  const kind = kindOfHost(host)
  if (kind === undefined)
    return `${host} is no host: name it as a DNS name or as an IP address in its shortest form`
  if (kind === "unusable") return `${host} is an address at which no node of another organisation can be`
  if (kind === "loopback")
    return mayBeLoopback
      ? undefined
      : "loopback is only for networks that were founded on it; name the host under which the others reach it"
  return scheme === "https" ? undefined : "use https; plain HTTP is allowed on loopback only"
}

/** Whether a URL that the rule accepts leads to this very machine. */
export function isLoopbackUrl(url: string): boolean {
  const [, , host] = FORM.exec(url) ?? []
  return host !== undefined && kindOfHost(host) === "loopback"
}

const FORM = /^(https?):\/\/(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::([1-9][0-9]{0,4}))?$/
const MAX_HOST = 253
const DEFAULT_PORTS: Readonly<Record<string, string>> = { https: "443", http: "80" }
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

function kindOfHost(host: string): AddressKind | undefined {
  if (host.startsWith("[")) {
    const inside = host.slice(1, -1)
    const six = parseIpv6(inside)
    return six && formatIpv6(six) === inside ? kindOfIpv6(six) : undefined
  }
  const labels = host.split(".")
  const last = labels[labels.length - 1]
  // What ends in a number is an IPv4 address or nothing, also in octal and hexadecimal (WHATWG URL, host parsing).
  if (/^([0-9]+|0x[0-9a-f]*)$/.test(last)) {
    const four = parseIpv4(host)
    return four && kindOfIpv4(four)
  }
  if (!labels.every((label) => LABEL.test(label))) return undefined
  // RFC 6761 section 6.3
  return last === "localhost" ? "loopback" : "usable"
}

/** Four numbers from 0 to 255 without leading zeros. */
function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split(".")
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part))) return undefined
  const numbers = parts.map(Number)
  return numbers.every((number) => number <= 255) ? numbers : undefined
}

/** RFC 4291 section 2.2, the last 32 bits also in dotted form: eight numbers of 16 bits. */
function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split("::")
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(groupsOf)
  if (!head || (halves.length === 2 && !tail)) return undefined
  if (!tail) return head.length === 8 ? head : undefined
  const missing = 8 - head.length - tail.length
  return missing < 1 ? undefined : [...head, ...Array.from({ length: missing }, () => 0), ...tail]
}

function groupsOf(text: string): number[] | undefined {
  if (text === "") return []
  const parts = text.split(":")
  const groups: number[] = []
  for (const [i, part] of parts.entries()) {
    const four = i === parts.length - 1 ? parseIpv4(part) : undefined
    if (four) groups.push(four[0] * 256 + four[1], four[2] * 256 + four[3])
    else if (/^[0-9a-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/** As WHATWG URL and RFC 5952 write it: the first longest run of at least two zeros is left out. */
function formatIpv6(groups: readonly number[]): string {
  let start = 8
  let length = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > length) {
      start = i
      length = end - i
    }
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":")
  return start === 8 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`
}

function kindOfIpv4([a, b]: readonly number[]): AddressKind {
  if (a === 127) return "loopback"
  return a === 0 || a >= 224 || (a === 169 && b === 254) ? "unusable" : "usable"
}

function kindOfIpv6(groups: readonly number[]): AddressKind {
  const inner = embeddedIpv4(groups)
  const isZeroUpTo = (n: number) => groups.slice(0, n).every((group) => group === 0)
  if (isZeroUpTo(7) && groups[7] <= 1) return groups[7] === 1 ? "loopback" : "unusable"
  if (inner) return kindOfIpv4(inner)
  const first = groups[0]
  // fe80::/10 link-local, fec0::/10 what was site-local, ff00::/8 multicast
  return first >= 0xfe80 ? "unusable" : "usable"
}

/** IPv4-mapped and -compatible, translated (64:ff9b::/96, 64:ff9b:1::/48 by its last bits) and 6to4 addresses. */
function embeddedIpv4(groups: readonly number[]): readonly number[] | undefined {
  const bytesOf = (i: number) => [groups[i] >> 8, groups[i] & 255, groups[i + 1] >> 8, groups[i + 1] & 255]
  const starts = (...prefix: readonly number[]) => prefix.every((group, i) => groups[i] === group)
  if (starts(0x2002)) return bytesOf(1)
  const isWithin =
    starts(0, 0, 0, 0, 0, 0) ||
    starts(0, 0, 0, 0, 0, 0xffff) ||
    starts(0, 0, 0, 0, 0xffff, 0) ||
    starts(0x64, 0xff9b, 0, 0, 0, 0) ||
    starts(0x64, 0xff9b, 1)
  return isWithin ? bytesOf(6) : undefined
}
