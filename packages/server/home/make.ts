import { chmodSync, existsSync, mkdirSync } from "node:fs"
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
import { type CometConfig, type NodeConfig, parseConfig, type TlsConfig } from "../node/config.ts"
import { newPerson } from "../node/person.ts"
import { type Application, application, makeApplication } from "./application.ts"
import { layout, SECRETS, type SecretName, writeJsonFile, writeSecret } from "./layout.ts"
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

/**
 * Makes the folder of a new node: configuration, keys, the vault with the administrator, whose credentials lie beside it,
 * and the application.
 * @throws PlatformError `home_exists`, `bad_config`
 */
export async function makeHome(folder: string, wish: HomeWish): Promise<Application> {
  const paths = layout(folder)
  const there = [paths.config, paths.secrets, paths.people, paths.genesis, paths.engine, paths.vault].find(
    (path) => existsSync(path),
  )
  if (there)
    throw new PlatformError(
      "home_exists",
      `${folder} has a node already (${there}); keys are never overwritten: name another folder`,
    )
  const { member, name, kind, url, host, port, engine, cometbft, p2p } = wish
  const seed = randomBytes(32)
  const tls = wish.tls && {
    certificate: inside(folder, wish.tls.certificate),
    key: inside(folder, wish.tls.key),
  }
  const config = {
    member,
    url,
    host,
    port,
    ...(tls && { tls }),
    engine,
    ...(cometbft && { cometbft }),
    ...(engine === "remote" && { remote: { sources: [] } }),
  }
  parseConfig({ ...config, folder }, paths.config)

  mkdirSync(folder, { recursive: true, mode: 0o700 })
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
