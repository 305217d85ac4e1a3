import { readFileSync } from "node:fs"
import {
  type Bytes,
  bool,
  bytes,
  fromHex,
  type Infer,
  list,
  memberId,
  messageOf,
  object,
  optional,
  PlatformError,
  publicKeySchema,
  role,
  text,
  uint,
} from "@aceso/core"

/** A person who works with the node: may call the staff API; with a role also stands in the directory. */
export const staffMember = object({
  name: text(64, /^[a-z][a-z0-9-]*$/),
  key: publicKeySchema,
  isAdministrator: bool(),
  /** Practitioners stand in the organisation's directory on the ledger. */
  practitioner: optional(object({ role, salt: bytes(32), from: uint(), to: uint() })),
})
export type StaffMember = Infer<typeof staffMember>

export const nodeConfig = object({
  member: memberId,
  /** Where others reach this node. HTTPS, except on loopback. */
  url: text(200),
  host: text(100),
  port: uint(65_535),
  folder: text(1000),
  staff: list(staffMember, 10_000),
  /** Window in which entries of many handles are committed together, ms. */
  commitWindowMs: uint(3_600_000),
  disclosureWindowMs: uint(600_000),
  /** What promises say: an AuditEvent is on the ledger within this, ms. */
  includeWithinMs: uint(600_000),
  /** Mean of the random delay of policy changes, ms. */
  policyDelayMs: uint(3_600_000),
  /** Chance that a window adds a dummy entry, in percent. */
  dummyPercent: uint(100),
  isDemo: bool(),
})
export type NodeConfig = Infer<typeof nodeConfig>

/** Secrets come from files of their own, never from the configuration, arguments or the environment. */
export interface NodeSecrets {
  readonly memberSeed: Bytes
  readonly vaultKey: Bytes
}

const DEFAULTS = {
  host: "127.0.0.1",
  port: 0,
  staff: [],
  commitWindowMs: 60_000,
  disclosureWindowMs: 10_000,
  includeWithinMs: 60_000,
  policyDelayMs: 600_000,
  dummyPercent: 25,
  isDemo: false,
}

/**
 * Reads a configuration file (JSON) with overrides from the environment (`ACESO_PORT`, `ACESO_COMMIT_WINDOW_MS`, ...).
 * @throws PlatformError `bad_config` that names every mistake at once
 */
export function readConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): NodeConfig {
  let given: Record<string, unknown>
  try {
    given = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>
  } catch (cause) {
    throw new PlatformError("bad_config", `${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
  return parseConfig({ ...DEFAULTS, ...given, ...fromEnvironment(environment) }, file)
}

export function parseConfig(given: Record<string, unknown>, where: string): NodeConfig {
  const mistakes: string[] = []
  for (const name of Object.keys(given))
    if (!Object.hasOwn(nodeConfig.fields, name)) mistakes.push(`${name}: no such setting`)
  for (const [name, schema] of Object.entries(nodeConfig.fields))
    try {
      schema.parse(given[name], name, "json")
    } catch (error) {
      mistakes.push(messageOf(error))
    }
  mistakes.push(...wrongUrl(given.url))
  if (mistakes.length > 0)
    throw new PlatformError(
      "bad_config",
      `${where} has ${mistakes.length} mistake${mistakes.length > 1 ? "s" : ""}:\n  ${mistakes.join("\n  ")}`,
      { details: { mistakes } },
    )
  return nodeConfig.parse(given, "", "json")
}

function wrongUrl(url: unknown): string[] {
  if (url === undefined) return []
  if (typeof url !== "string" || !URL.canParse(url))
    return ["url: expected an absolute URL such as https://node.hospital.example"]
  const { protocol, hostname } = new URL(url)
  const isLoopback = ["localhost", "127.0.0.1", "[::1]"].includes(hostname)
  if (protocol === "https:" || (protocol === "http:" && isLoopback)) return []
  return ["url: use https; plain HTTP is allowed on loopback only"]
}

/** `ACESO_COMMIT_WINDOW_MS=1000` sets commitWindowMs. */
function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const name of Object.keys(nodeConfig.fields)) {
    const value = environment[`ACESO_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`]
    if (value === undefined) continue
    const { type } = nodeConfig.fields[name].jsonSchema
    if (type === "integer" && /^\d+$/.test(value)) out[name] = Number(value)
    else if (type === "boolean" && /^(true|false)$/.test(value)) out[name] = value === "true"
    else out[name] = value
  }
  return out
}

/** A secret of 32 bytes from a file with mode 0600. @throws PlatformError `bad_secret` */
export function readSecret(file: string): Bytes {
  try {
    const secret = fromHex(readFileSync(file, "utf8").trim())
    if (secret.length !== 32) throw new Error("expected 32 bytes in hexadecimal")
    return secret
  } catch (cause) {
    throw new PlatformError("bad_secret", `the secret ${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
