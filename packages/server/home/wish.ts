import { resolve } from "node:path"
import { type Infer, isLoopbackHost, messageOf, orUndefined, PlatformError } from "@aceso/core"
import { visible } from "@aceso/core/display/index.ts"
import { isThere } from "@aceso/ledger/there.ts"
import { type HomeWish, organisation } from "./make.ts"
import type { Reach } from "./reach.ts"

/** What somebody says of a node that is to be made, as it was typed. */
export interface HomeGiven {
  readonly member?: string
  readonly name?: string
  readonly kind?: string
  readonly url?: string
  /** Default: the URL's. */
  readonly port?: string
  /** Default: `embedded`. */
  readonly engine?: string
  /** With `cometbft`: where validators reach it, and its own port on loopback. */
  readonly p2p?: string
  readonly "rpc-port"?: string
  readonly "tls-certificate"?: string
  readonly "tls-key"?: string
}
/** What somebody says of a network that is to be founded, as it was typed. */
export interface NetworkGiven {
  readonly network?: string
  /** Years; default: AGE_OF_MAJORITY. */
  readonly "of-age"?: string
}
export type GivenName = keyof HomeGiven | keyof NetworkGiven

/** How a mistake names what was given: an option of a command, or a field of a page. */
export type Called = (name: GivenName) => string

/** What is wrong with what was given; `fields` names it. */
export const wrongGiven = (fields: readonly GivenName[], message: string): PlatformError =>
  new PlatformError("bad_input", message, { details: { fields } })

const FACTS = ["member", "name", "kind", "url"] as const

/** Every mistake at once. @throws PlatformError `bad_input` */
function organisationOf(given: HomeGiven, called: Called): Infer<typeof organisation> {
  const mistakes: string[] = []
  const fields: GivenName[] = []
  const found: Record<string, unknown> = {}
  const wrong = (field: GivenName, says: string) => {
    fields.push(field)
    mistakes.push(says)
  }
  for (const field of FACTS)
    try {
      found[field] = organisation.fields[field].parse(given[field], called(field))
    } catch (error) {
      wrong(field, messageOf(error))
    }
  const { name } = found
  if (typeof name === "string" && (visible(name) !== name || name.trim() === ""))
    wrong("name", `${called("name")} ${visible(name)}: expected letters that can be seen, in one line`)
  if (found.url !== undefined && !URL.canParse(String(found.url)))
    wrong("url", `${called("url")}: expected an absolute URL such as https://node.hospital.example`)
  if (mistakes.length > 0) throw wrongGiven(fields, mistakes.join("; "))
  return organisation.parse(found)
}

/** @param cwd what a relative path of the two files is relative to */
function tlsOf(given: HomeGiven, isHttps: boolean, cwd: string, called: Called): HomeWish["tls"] {
  const { "tls-certificate": certificate, "tls-key": key } = given
  if ((certificate === undefined) !== (key === undefined))
    throw wrongGiven(
      [certificate === undefined ? "tls-certificate" : "tls-key"],
      `a certificate and its key come together: ${called("tls-certificate")} <file> ${called("tls-key")} <file>`,
    )
  if (certificate !== undefined && key !== undefined)
    return { certificate: resolve(cwd, certificate), key: resolve(cwd, key) }
  return isHttps ? { certificate: "tls/certificate.pem", key: "tls/key.pem" } : undefined
}

/** @throws PlatformError `bad_input` */
export function portOf(
  given: HomeGiven,
  name: "port" | "rpc-port",
  otherwise: number,
  called: Called,
): number {
  const port = given[name] === undefined ? otherwise : Number(given[name])
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw wrongGiven([name], `${called(name)} ${given[name]}: expected a port from 1 to 65535`)
  return port
}

/**
 * @param hostname of the node's URL: where validators reach it if nothing else is said
 * @throws PlatformError `bad_input`
 */
export function reachOf(given: HomeGiven, hostname: string | undefined, called: Called): Reach {
  const p2p = given.p2p ?? `${hostname}:26656`
  const at = p2p.lastIndexOf(":")
  const p2pPort = Number(p2p.slice(at + 1))
  if (at < 1 || !Number.isInteger(p2pPort) || p2pPort < 1 || p2pPort > 65_535)
    throw wrongGiven(
      ["p2p"],
      `${called("p2p")} ${p2p}: expected host:port such as node.hospital.example:26656`,
    )
  const cometbft = {
    rpcPort: portOf(given, "rpc-port", 26_657, called),
    p2pHost: isLoopbackHost(p2p.slice(0, at)) ? "127.0.0.1" : "0.0.0.0",
    p2pPort,
    externalAddress: p2p,
    peers: [],
  }
  return { p2p, cometbft }
}

/**
 * The node that is wished for: the rules of `aceso init` and of the page of the first start.
 * @param cwd what paths of files are relative to
 * @throws PlatformError `bad_input`, whose details name the fields
 */
export function wishOf(given: HomeGiven, cwd: string, called: Called): HomeWish {
  const facts = organisationOf(given, called)
  const { protocol, hostname, port } = new URL(facts.url)
  const isHttps = protocol === "https:"
  const engine = given.engine ?? "embedded"
  if (engine !== "embedded" && engine !== "cometbft" && engine !== "remote")
    throw wrongGiven(["engine"], `${called("engine")} ${engine}: expected embedded, cometbft or remote`)
  if (engine === "remote" && facts.kind === "authority")
    throw wrongGiven(
      ["engine"],
      `${called("engine")} remote is for members that do not validate; an authority runs a node of its own: embedded or cometbft`,
    )
  const tls = tlsOf(given, isHttps, cwd, called)
  const wish: HomeWish = {
    ...facts,
    host: isLoopbackHost(hostname) ? hostname.replace(/^\[|\]$/g, "") : "0.0.0.0",
    port: portOf(given, "port", Number(port) || (isHttps ? 443 : 80), called),
    ...(tls && { tls }),
    engine,
  }
  if (engine === "cometbft") return { ...wish, ...reachOf(given, hostname, called) }
  for (const name of ["p2p", "rpc-port"] as const)
    if (given[name] !== undefined)
      throw wrongGiven([name], `${called(name)} is for ${called("engine")} cometbft`)
  return wish
}

/** @throws PlatformError `bad_input` */
export function foundedAs(
  given: NetworkGiven,
  called: Called,
): { readonly network: string; readonly ageOfMajority?: number } {
  const { network = "", "of-age": age } = given
  if (!/^[a-z][a-z0-9-]{0,47}$/.test(network))
    throw wrongGiven(
      ["network"],
      `${called("network")}: expected a name of small letters, digits and hyphens, such as north-health`,
    )
  if (age === undefined) return { network }
  const ageOfMajority = Number(age)
  if (!/^\d{1,2}$/.test(age) || ageOfMajority < 12 || ageOfMajority > 25)
    throw wrongGiven(["of-age"], `${called("of-age")} ${age}: expected years, from 12 to 25`)
  return { network, ageOfMajority }
}

/** Files that HTTPS needs and that are not there. */
export const missingFiles = (folder: string, tls: HomeWish["tls"]): readonly string[] =>
  (tls ? [tls.certificate, tls.key] : [])
    .map((file) => resolve(folder, file))
    // What may not be looked at is not missing; a start says so.
    .filter((file) => orUndefined(["no_right"], () => isThere(file)) === false)
