import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Bytes, fromHex, PlatformError, randomBytes, toHex } from "@aceso/core"

/** Secrets are hexadecimal text in files of mode 0600. */
export function secretAt(path: string): Bytes {
  if (existsSync(path)) return fromHex(readFileSync(path, "utf8").trim())
  const secret = randomBytes(32)
  writeWhole(path, `${toHex(secret)}\n`)
  return secret
}

/** Writes a file whole or not at all, readable by its owner alone. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.part`, content, { mode: 0o600 })
  renameSync(`${path}.part`, path)
}

export const writeJson = (path: string, value: unknown): void =>
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`)

export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch (cause) {
    throw new PlatformError("bad_file", `${path} cannot be read`, { cause })
  }
}

export const layout = (folder: string) => ({
  genesis: join(folder, "genesis.json"),
  demo: join(folder, "demo.json"),
  engine: join(folder, "engine"),
  engineKey: join(folder, "engine.key"),
  node: (member: string) => join(folder, "nodes", member),
  person: (name: string) => join(folder, "people", `${name}.json`),
  patientSeed: (alias: string) => join(folder, "patients", alias, "seed"),
  inbox: join(folder, "inbox"),
})
