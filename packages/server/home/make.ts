import { chmodSync, mkdirSync, renameSync, rmSync } from "node:fs"
import { isAbsolute, relative, resolve } from "node:path"
import {
  type Bytes,
  type Infer,
  memberId,
  memberKind,
  object,
  PlatformError,
  publicKey,
  randomBytes,
  text,
  toHex,
} from "@aceso/core"
import { FolderLock } from "@aceso/ledger/folder-lock.ts"
import { isThere } from "@aceso/ledger/there.ts"
import { type CometConfig, type NodeConfig, parseConfig, type TlsConfig } from "../node/config.ts"
import { newPerson } from "../node/person.ts"
import { type Application, application, makeApplication } from "./application.ts"
import { finishSettingAside } from "./aside.ts"
import { layout, SECRETS, type SecretName, syncFolder, writeJsonFile, writeSecret } from "./layout.ts"
import { peopleIn } from "./people.ts"

/** What an organisation is called, and where its node is reached. */
export const organisation = object({ member: memberId, name: text(100), kind: memberKind, url: text(200) })

export interface HomeWish extends Infer<typeof organisation> {
  readonly host: string
  readonly port: number
  readonly tls?: TlsConfig
  readonly engine: NodeConfig["engine"]
  readonly cometbft?: CometConfig
  /** Where other validators reach this node. */
  readonly p2p?: string
}

export const ADMINISTRATOR = "administrator"

/** What a home is made of, in the order in which it takes its place: with the configuration the home is whole. */
const PARTS = ["secrets", "people", "vault", "application", "config"] as const

/**
 * Makes the folder of a new node: configuration, keys, the vault with the administrator, whose credentials lie beside it,
 * and the application. All of it or nothing, also where the process is killed meanwhile: it is made beside its place, and
 * what was whole there is taken over by whoever comes next.
 * @throws PlatformError `home_exists`, `bad_config`, `folder_in_use`, `folder_unusable`
 */
export async function makeHome(folder: string, wish: HomeWish): Promise<Application> {
  const paths = layout(folder)
  finishSettingAside(folder)
  mustBeNone(folder)
  const config = configOf(folder, wish)
  parseConfig({ ...config, folder }, paths.config)
  const lock = FolderLock.take(paths.making)
  try {
    takeWhole(folder)
    mustBeNone(folder)
    const facts = await makeIn(paths.making, wish, config)
    takeWhole(folder)
    return facts
  } finally {
    rmSync(paths.making, { recursive: true, force: true })
    lock.release()
  }
}

/**
 * What a killed process left: a home that was whole takes its place, of any other nothing stays; nobody has its keys.
 * @throws PlatformError `folder_in_use`
 */
export function finishMaking(folder: string): void {
  const { making } = layout(folder)
  if (!isThere(making)) return
  const lock = FolderLock.take(making)
  try {
    takeWhole(folder)
  } finally {
    rmSync(making, { recursive: true, force: true })
    lock.release()
  }
}

/** Moves a home that is whole to its place, or what is left of it to be moved; leaves one that is not whole empty. */
function takeWhole(folder: string): void {
  const [paths, made] = [layout(folder), layout(layout(folder).making)]
  if (isThere(made.config)) {
    for (const part of PARTS) if (isThere(made[part])) renameSync(made[part], paths[part])
    syncFolder(folder)
    return
  }
  for (const part of PARTS) rmSync(made[part], { recursive: true, force: true })
}

function mustBeNone(folder: string): void {
  const paths = layout(folder)
  const there = [paths.config, paths.secrets, paths.people, paths.genesis, paths.engine, paths.vault].find(
    (path) => isThere(path),
  )
  if (there)
    throw new PlatformError(
      "home_exists",
      `${folder} has a node already (${there}); keys are never overwritten: name another folder; or, as long as it belongs to no network, begin again there with aceso setup --folder ${folder}, which moves what is there aside`,
    )
}

function configOf(folder: string, wish: HomeWish) {
  const { member, url, host, port, engine, cometbft } = wish
  const tls = wish.tls && {
    certificate: inside(folder, wish.tls.certificate),
    key: inside(folder, wish.tls.key),
  }
  return {
    ...{ member, url, host, port },
    ...(tls && { tls }),
    engine,
    ...(cometbft && { cometbft }),
    ...(engine === "remote" && { remote: { sources: [] } }),
  }
}

async function makeIn(folder: string, wish: HomeWish, config: object): Promise<Application> {
  const paths = layout(folder)
  const { member, name, kind, url, p2p } = wish
  const seed = randomBytes(32)
  mkdirSync(paths.secrets, { mode: 0o700 })
  chmodSync(paths.secrets, 0o700)
  const seeds = Object.fromEntries(SECRETS.map((one) => [one, randomBytes(32)])) as Record<SecretName, Bytes>
  for (const one of SECRETS) writeSecret(paths.secret(one), seeds[one])
  writeJsonFile(paths.person(ADMINISTRATOR), {
    kind: "staff",
    name: ADMINISTRATOR,
    member,
    node: url,
    seed: toHex(seed),
  })
  const vault = { folder: paths.vault, organisation: member, masterKey: seeds.vault }
  const administrator = newPerson({ name: ADMINISTRATOR, key: publicKey(seed), isAdministrator: true })
  await peopleIn(vault, (table) => table.add(administrator))
  const facts = makeApplication({ member, name, kind, url, ...(p2p !== undefined && { p2p }) }, seeds)
  writeJsonFile(paths.application, application.toJson(facts))
  // Last: with it the home is whole.
  writeJsonFile(paths.config, config)
  return facts
}

/** A path inside of the home is written relative to it, so that the home can be moved. */
function inside(folder: string, path: string): string {
  const away = relative(resolve(folder), resolve(folder, path))
  return away.startsWith("..") || isAbsolute(away) ? resolve(folder, path) : away
}
