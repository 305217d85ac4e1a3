import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { type Bytes, messageOf, PlatformError, type Schema, toHex } from "@aceso/core"

/** The secrets of a node, each 32 bytes in a file of its own. */
export const SECRETS = ["member", "vault", "engine", "validator", "node"] as const
export type SecretName = (typeof SECRETS)[number]

/** A node's folder, its "home". The vault's own place is `vault/`. */
export const layout = (folder: string) => ({
  config: join(folder, "node.json"),
  secrets: join(folder, "secrets"),
  secret: (name: SecretName) => join(folder, "secrets", `${name}.key`),
  /** Of the app's operator alone, and made when its node first starts. */
  pushKey: join(folder, "secrets", "push.key"),
  people: join(folder, "people"),
  person: (name: string) => join(folder, "people", `${name}.json`),
  genesis: join(folder, "genesis.json"),
  application: join(folder, "application.json"),
  invitation: join(folder, "invitation.json"),
  engine: join(folder, "engine"),
  /** Checkpoints that this member and others signed, one JSON document per line. */
  checkpoints: join(folder, "checkpoints.jsonl"),
  /** The newest backups of this home, as `aceso backup` made them. */
  backups: join(folder, "backups.json"),
  /** Evidence of a history that is not this node's. */
  fork: (height: number, member: string) => join(folder, `fork-${height}-${member}.aceso`),
  vault: join(folder, "vault"),
  /** Where a new home is made, beside its place (make.ts). */
  making: join(folder, ".making"),
  /** Held by whoever changes the home (changing.ts). */
  changing: join(folder, ".changing"),
  /** Where a snapshot is taken in, beside what is in use (switch.ts). */
  joining: join(folder, "joining"),
  /** Of the network before, which went on from this height in another. */
  until: (height: number) => ({
    engine: join(folder, `engine-until-${height}`),
    genesis: join(folder, `genesis-until-${height}.json`),
    invitation: join(folder, `invitation-until-${height}.json`),
    checkpoints: join(folder, `checkpoints-until-${height}.jsonl`),
  }),
})

const MAX_JSON_BYTES = 16 * 2 ** 20

/** @throws PlatformError `bad_file` with one sentence */
export function readJsonFile<T>(path: string, schema: Schema<T>, what: string): T {
  try {
    if (statSync(path).size > MAX_JSON_BYTES) throw new Error(`it has more than ${MAX_JSON_BYTES} bytes`)
    return schema.parse(JSON.parse(readFileSync(path, "utf8")), what, "json")
  } catch (cause) {
    throw new PlatformError("bad_file", `${path} is no ${what}: ${messageOf(cause)}`, { cause })
  }
}

/** Writes a file whole or not at all, readable by its owner alone. */
export function writeJsonFile(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFile(path, `${JSON.stringify(value, null, 2)}\n`)
}

/** The same into a folder that is there; durable when this returns. */
export function writeFile(path: string, content: string | Bytes): void {
  writeFileSync(`${path}.part`, content, { mode: 0o600, flush: true })
  renameSync(`${path}.part`, path)
}

/**
 * The same for a file that must not be there yet, however many write it at once; durable when this returns.
 * @returns false: it is there already
 */
export function writeNewJsonFile(path: string, value: unknown): boolean {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const part = `${path}.${process.pid}.part`
  writeFileSync(part, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(part, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
    throw error
  } finally {
    rmSync(part)
  }
  syncFolder(folder)
  return true
}

/** Names in a folder survive loss of power. */
export function syncFolder(path: string): void {
  const folder = openSync(path, "r")
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Writes a new secret and syncs it: it is never overwritten, and never lost to a crash. */
export function writeSecret(path: string, secret: Bytes): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = openSync(path, "wx", 0o600)
  try {
    writeSync(file, `${toHex(secret)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** What is wrong with the mode of a secret's file; undefined where there is nothing to say. */
export function wrongMode(path: string): string | undefined {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode
  if (mode === undefined || (mode & 0o077) === 0) return undefined
  return `${path}: others on this machine can use it (mode ${(mode & 0o777).toString(8)}); run chmod 600 ${path}`
}
