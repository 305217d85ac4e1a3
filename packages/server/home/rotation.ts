import { renameSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import type { StaffClient } from "@aceso/client"
import { memberKeys, nextValidators, validators } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  decodeCbor,
  decodeRow,
  equalBytes,
  makeEnvelope,
  PlatformError,
  publicKey,
  randomBytes,
  type Table,
  toHex,
} from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { readSecret } from "../node/config.ts"
import { Rejection } from "../node/ledger-client.ts"
import { application, makeApplication } from "./application.ts"
import { changing } from "./changing.ts"
import { layout, type SecretName, syncFolder, writeFile, writeJsonFile } from "./layout.ts"
import { readApplication } from "./network.ts"
import { readHome } from "./read.ts"

type Rotated = Extract<SecretName, "member" | "validator">

/** What was done, and what is to do. */
export interface Rotation {
  readonly key: Bytes
  /**
   * `switched`: secrets/<name>.key is the new one, from the node's next start on; `retired`: the old one is no key of
   * the member any more; `proposed`: the others vote; `waiting`: the old one has its power for some blocks more.
   */
  readonly state: "switched" | "retired" | "proposed" | "waiting"
  /** The ballot, with `proposed`. */
  readonly proposal?: Bytes
}

/**
 * Gives the organisation another key: made and synced first, then registered on the ledger, signed by the old one and
 * by itself, then put in the old one's place; once the node was started with it, the old one is retired. Run again it
 * goes on where it stands, also after a crash.
 * @param compromisedAt since when others may have had the old key, ms
 * @throws PlatformError `restart_needed`, those of readHome, and the ledger's rejections
 */
export const rotateMemberKey = (
  folder: string,
  client: StaffClient,
  compromisedAt?: number,
): Promise<Rotation> => changing(folder, () => rotateMember(folder, client, compromisedAt))

async function rotateMember(
  folder: string,
  client: StaffClient,
  compromisedAt: number | undefined,
): Promise<Rotation> {
  const home = readHome(folder, "edit")
  const files = filesOf(folder, "member")
  const current = home.secrets.member
  if (!isThere(files.next) && isThere(files.old)) {
    const old = readSecret(files.old)
    renewApplication(folder)
    const { memberKey } = await client.status()
    if (!memberKey || !equalBytes(memberKey, publicKey(current)))
      throw new PlatformError(
        "restart_needed",
        "the new member key is on the ledger and in secrets/member.key, and the node still signs with the old one: restart the node, then run this again, which retires the old one",
      )
    const row = await rowOf(client, memberKeys, [publicKey(old)])
    if (row?.to === null)
      await submit(client, "retireKey", retirement(publicKey(old), row.from, compromisedAt), [current])
    rmSync(files.old)
    syncFolder(dirname(files.old))
    return { key: publicKey(current), state: "retired" }
  }
  const next = nextSecret(files.next)
  const key = publicKey(next)
  if (!(await rowOf(client, memberKeys, [key]))) await submit(client, "registerKey", { key }, [current, next])
  switchSecret(folder, "member")
  return { key, state: "switched" }
}

/** What the ledger would refuse is put right: no key was in others' hands before there was one. */
function retirement(key: Bytes, from: number, compromisedAt: number | undefined): Cbor {
  return { key, ...(compromisedAt !== undefined && { compromisedAt: Math.max(from, compromisedAt) }) }
}

/**
 * Gives the organisation's validator another key, by ballot: the old one loses its power first; then the new one takes
 * its place in the home, and from the node's next start on it signs. A new key has signed nothing before, so that
 * whatever CometBFT knows of the old one, no height is signed twice.
 * @throws PlatformError `no_validators_here`, those of readHome, and the ledger's rejections
 */
export const rotateValidatorKey = (folder: string, client: StaffClient): Promise<Rotation> =>
  changing(folder, () => rotateValidator(folder, client))

async function rotateValidator(folder: string, client: StaffClient): Promise<Rotation> {
  const { member } = mustValidate(folder)
  const files = filesOf(folder, "validator")
  const next = nextSecret(files.next)
  const key = publicKey(next)
  const row = await rowOf(client, validators, [member])
  const waiting = await rowOf(client, nextValidators, [member])
  if (row && equalBytes(row.key, key)) {
    switchSecret(folder, "validator")
    rmSync(files.old, { force: true })
    syncFolder(dirname(files.old))
    return { key, state: "switched" }
  }
  if (waiting && equalBytes(waiting.key, key)) return { key, state: "waiting" }
  const known = (await client.proposals(false)).find(({ changes }) =>
    changes.some((change) => {
      const named = (decodeCbor(change) as { key?: Bytes }).key
      return named !== undefined && equalBytes(named, key)
    }),
  )
  if (known) return { key, state: "proposed", proposal: known.id }
  const { validator } = applicationWith(folder, next)
  const hasOne = row !== undefined && row.status !== "removed"
  const change = { do: hasOne ? "replaceValidator" : "addValidator", member, ...validator }
  const { proposal, outcome } = await client.propose([change])
  // Who votes alone has decided by proposing.
  return { key, state: outcome === "passed" ? "waiting" : "proposed", proposal }
}

/**
 * A new validator's key at once, in a home whose node does not run: the old one is lost, or what it signed is not
 * known, as after a restore. A ballot has to put the new one in its place.
 */
export const replaceValidatorSecret = (folder: string): Rotation =>
  changing(folder, () => replaceValidator(folder))

function replaceValidator(folder: string): Rotation {
  mustValidate(folder)
  const files = filesOf(folder, "validator")
  const key = publicKey(nextSecret(files.next))
  switchSecret(folder, "validator")
  rmSync(files.old, { force: true })
  syncFolder(dirname(files.old))
  return { key, state: "switched" }
}

function mustValidate(folder: string): { readonly member: string } {
  const { config } = readHome(folder, "edit")
  if (config.engine !== "cometbft")
    throw new PlatformError(
      "no_validators_here",
      "this home's network runs on embedded: it has no validators, and engine.key is named by the genesis",
    )
  return config
}

const filesOf = (folder: string, name: Rotated) => {
  const file = layout(folder).secret(name)
  return { file, next: `${file}.next`, old: `${file}.old` }
}

/** The key that comes next; made, and on the disk, before anybody hears of it. */
function nextSecret(path: string): Bytes {
  if (!isThere(path)) {
    writeFile(path, `${toHex(randomBytes(32))}\n`)
    syncFolder(dirname(path))
  }
  return readSecret(path)
}

/** Whole or not at all: the old one is kept beside, then the new one takes its name, then the application says so. */
function switchSecret(folder: string, name: Rotated): void {
  const { file, next, old } = filesOf(folder, name)
  if (isThere(file)) writeFile(old, `${toHex(readSecret(file))}\n`)
  syncFolder(dirname(file))
  renameSync(next, file)
  syncFolder(dirname(file))
  renewApplication(folder)
}

function renewApplication(folder: string): void {
  writeJsonFile(layout(folder).application, application.toJson(applicationWith(folder)))
}

/** What the organisation says of itself now, or will with that validator's key. */
function applicationWith(folder: string, validator?: Bytes) {
  const paths = layout(folder)
  const { key: _key, validator: _validator, nodeId: _nodeId, ...facts } = readApplication(paths.application)
  const seedOf = (name: SecretName) => readSecret(paths.secret(name))
  return makeApplication(facts, {
    member: seedOf("member"),
    validator: validator ?? seedOf("validator"),
    node: seedOf("node"),
  })
}

async function rowOf<K extends readonly unknown[], R>(
  client: StaffClient,
  table: Table<K, R>,
  key: K,
): Promise<R | undefined> {
  const [{ row }] = (await client.prove(table.name, [key as unknown as Cbor[]])).rows
  return row ? decodeRow(table, decodeCbor(row) as Cbor[]) : undefined
}

async function submit(
  client: StaffClient,
  action: string,
  input: Cbor,
  seeds: readonly Bytes[],
): Promise<void> {
  const { network, checkpoint } = await client.status()
  const expiry = Math.max(Date.now(), checkpoint.time) + 120_000
  const { bytes } = makeEnvelope({ network, contract: "governance", action, input, expiry }, seeds)
  const { rejection } = await client.submit(bytes)
  if (rejection !== null) throw new Rejection(rejection)
}
