import {
  abilitiesOf,
  type Bytes,
  equalBytes,
  type GenesisDocument,
  genesisHash,
  loopbackOf,
  messageOf,
  networkId,
  nodeUrlFault,
  originFault,
  PlatformError,
  publicKey,
  readGenesis,
  type Schema,
  type SignedGenesis,
  signedGenesis,
  signGenesis,
  toHex,
} from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { MAX_SOURCES, type NodeConfig, type RemoteConfig } from "../node/config.ts"
import { knownProcesses } from "../node/processes.ts"
import { contractSources } from "../node/sources.ts"
import {
  type Application,
  application,
  checkApplication,
  type Invitation,
  invitation,
  MAX_APPLICATIONS,
  peerOf,
} from "./application.ts"
import { changing } from "./changing.ts"
import { layout, readJsonFile, writeJsonFile } from "./layout.ts"
import { anyObject, changeConfig } from "./node-json.ts"
import { type Home, misfitOf, readHome, urlMisfitOf } from "./read.ts"

/** What a member may submit in each window. */
const QUOTA = { windowMs: 10_000, bytes: 64 * 2 ** 20, transactions: 20_000, urgentTransactions: 1_000 }

export interface Network {
  readonly network: string
  readonly engine: "embedded" | "cometbft"
  /** Of a home that does not validate: whom it asks for the ledger. */
  readonly sources?: RemoteConfig["sources"]
  readonly founder: string
  /** To be compared with the founder's by another channel. */
  readonly genesisHash: Bytes
  readonly peers: readonly string[]
}

export const summaryOf = (
  genesis: SignedGenesis,
  document: GenesisDocument,
  peers: readonly string[],
): Network => ({
  network: document.network,
  engine: document.engine,
  founder: document.founder.member,
  genesisHash: genesisHash(genesis),
  peers,
})

/** The application that lies in a home. @throws PlatformError `bad_file`, `bad_application` */
export const readApplication = (path: string): Application =>
  checkApplication(readJsonFile(path, application, "application"))

/** What a network begins with besides its members. */
export interface NetworkTerms {
  readonly now?: number
  /** Years, from which on somebody decides alone (AGE_OF_MAJORITY where nothing is said). */
  readonly ageOfMajority?: number
  /** Where the founder serves the patient's app; none: there is no app. */
  readonly appOrigins?: readonly string[]
}

/**
 * The founder signs the genesis and writes the invitation.
 * @throws PlatformError `network_exists`, `not_permitted`, `bad_application`, and those of readHome and changing
 */
export const createNetwork = (
  folder: string,
  name: string,
  applications: readonly Application[],
  terms: NetworkTerms = {},
): Network => changing(folder, () => found(folder, name, applications, terms))

function found(
  folder: string,
  name: string,
  applications: readonly Application[],
  { now = Date.now(), ageOfMajority, appOrigins = [] }: NetworkTerms,
): Network {
  const network = networkId.parse(name, "network")
  const home = readHome(folder, "edit")
  if (home.network)
    throw new PlatformError(
      "network_exists",
      `${folder} belongs to the network ${home.network.document.network} already; a network is made in a new home`,
    )
  const { config, secrets } = home
  const own = readApplication(layout(folder).application)
  if (own.kind !== "authority")
    throw new PlatformError(
      "not_permitted",
      `a network is founded by an authority; ${own.member} is of the kind ${own.kind}: ask your authority for its invitation.json, then aceso join`,
    )
  if (config.engine === "remote")
    throw new PlatformError(
      "wrong_engine",
      "a network is founded on embedded or cometbft; this home is of a member that does not validate (remote)",
    )
  if (applications.length > MAX_APPLICATIONS)
    throw new PlatformError(
      "bad_input",
      `a network begins with ${MAX_APPLICATIONS} organisations besides its founder; admit the others with aceso propose admit`,
    )
  const all = [own, ...applications]
  mustBeDifferent(all)
  const isComet = config.engine === "cometbft"
  const { isLoopback = false } = loopbackOf(config.url)
  for (const { member, url } of applications) {
    const fault = nodeUrlFault(url, { mayBeLoopback: isLoopback })
    if (fault !== undefined)
      throw new PlatformError("bad_application", `the application of ${member} is refused: url: ${fault}`)
  }
  for (const origin of appOrigins) {
    const fault = originFault(origin, { isLoopback })
    if (fault !== undefined) throw new PlatformError("bad_url", `the app's origin: ${fault}`)
  }
  const unreachable = isComet ? all.find((one) => peerOf(one) === undefined) : undefined
  if (unreachable)
    throw new PlatformError(
      "bad_application",
      `${unreachable.member} was made for the engine embedded: its application.json has no p2p; make it with --engine cometbft`,
    )
  const genesis = signGenesis(
    {
      network,
      time: now,
      engine: config.engine,
      engineKey: isComet ? null : publicKey(secrets.engine),
      validators: isComet ? validatorsOf(all) : [],
      founder: { member: own.member, name: own.name, key: publicKey(secrets.member), url: config.url },
      ...loopbackOf(config.url),
      ...(ageOfMajority !== undefined && { ageOfMajority }),
      ...(appOrigins.length > 0 && { app: { operator: own.member, origins: [...appOrigins] } }),
      contracts: contractSources(knownProcesses()),
      quota: QUOTA,
    },
    secrets.member,
  )
  const peers = isComet ? all.flatMap((one) => peerOf(one) ?? []) : []
  writeJsonFile(
    layout(folder).invitation,
    invitation.toJson({ genesis, peers, applications: [...applications] } satisfies Invitation),
  )
  settle(home, genesis, peers, own.nodeId)
  return summaryOf(genesis, readGenesis(genesis), peers)
}

/** Authorities and custodians validate: rows about patients lie with no others. */
export const validatorsOf = (all: readonly Application[]): GenesisDocument["validators"] =>
  all
    .filter(({ kind }) => abilitiesOf(kind).includes("validates"))
    .map(({ member, validator: { key } }) => ({ member, key }))

export function mustBeDifferent(all: readonly Application[]): void {
  const seen = new Set<string>()
  for (const { member, key, validator, nodeId } of all)
    for (const name of [member, toHex(key), toHex(validator.key), nodeId]) {
      if (seen.has(name))
        throw new PlatformError(
          "bad_application",
          `two applications share a name or a key (${member}); each organisation has its own`,
        )
      seen.add(name)
    }
}

export type Invited = Pick<Invitation, "genesis" | "peers" | "applications"> & {
  readonly document: GenesisDocument
}

/** An invitation, or a genesis alone. @throws PlatformError `bad_file`, `bad_genesis` */
export const readInvitation = (path: string): Invited =>
  invitedBy(<T>(schema: Schema<T>, what: string) => readJsonFile(path, schema, what))

/** The same of what came otherwise than by a file. @throws PlatformError `bad_file`, `bad_genesis` */
export const invitationIn = (value: unknown): Invited =>
  invitedBy((schema, what) => parsedAs(schema, value, what))

/** What a file holds, that came otherwise. @throws PlatformError `bad_file` */
export function parsedAs<T>(schema: Schema<T>, value: unknown, what: string): T {
  try {
    return schema.parse(value, what, "json")
  } catch (cause) {
    throw new PlatformError("bad_file", `this is no ${what}: ${messageOf(cause)}`, { cause })
  }
}

function invitedBy(read: <T>(schema: Schema<T>, what: string) => T): Invited {
  const value = read<unknown>(anyObject, "invitation")
  const isInvitation = value !== null && typeof value === "object" && "genesis" in value
  const { genesis, peers, applications } = isInvitation
    ? read(invitation, "invitation")
    : { genesis: read(signedGenesis, "genesis"), peers: [], applications: [] }
  return { genesis, peers, applications, document: readGenesis(genesis) }
}

/**
 * Takes a network's genesis and peers into a home.
 * @throws PlatformError those of readInvitation and joinInvited
 */
export const joinNetwork = (folder: string, path: string): Network =>
  joinInvited(folder, readInvitation(path), path)

/**
 * @param from where the invitation lies
 * @throws PlatformError `network_exists`, `snapshot_missing`, `wrong_engine`, `wrong_key`, `bad_url`, and those of readHome and changing
 */
export const joinInvited = (folder: string, invited: Invited, path = "invitation.json"): Network =>
  changing(folder, () => join(folder, invited, path))

function join(folder: string, invited: Invited, path: string): Network {
  const home = readHome(folder, "edit")
  const { genesis, peers, applications, document } = invited
  const own = home.network && genesisHash(home.network.genesis)
  const { from } = document
  if (from && (!own || equalBytes(own, from.genesis)))
    throw new PlatformError(
      "snapshot_missing",
      `the network ${document.network} goes on from block ${from.height} of another: aceso join ${path} --snapshot <folder that came with it> --folder ${folder}`,
    )
  if (home.network && own && !equalBytes(own, genesisHash(genesis)))
    throw new PlatformError(
      "network_exists",
      `${folder} belongs to another network already (${home.network.document.network}, genesis ${toHex(own)}); make a new home for this one`,
    )
  const misfit = misfitOf(document, home.config)
  if (misfit !== undefined) throw new PlatformError("wrong_engine", misfit)
  const urlMisfit = urlMisfitOf(document, home.config.url)
  if (urlMisfit !== undefined) throw new PlatformError("bad_url", urlMisfit)
  const applied = readApplication(layout(folder).application)
  mustBeNamed(document, applied)
  const others = peers.length > 0 ? peers : (home.config.cometbft?.peers ?? [])
  const network = summaryOf(genesis, document, others)
  if (home.config.engine !== "remote") {
    settle(home, genesis, others, applied.nodeId)
    return network
  }
  const sources = sourcesFor(home.config, document, applications)
  // The genesis last: with it the home belongs to the network.
  changeConfig(folder, () => ({ remote: { sources } }))
  settle(home, genesis, others, applied.nodeId)
  return { ...network, peers: [], sources }
}

/** Those that the home knows, and the custodians and authorities that the invitation names. */
function sourcesFor(
  { member, remote }: NodeConfig,
  { founder }: GenesisDocument,
  applications: readonly Application[],
): RemoteConfig["sources"] {
  const named = [founder, ...applications.filter(({ kind }) => abilitiesOf(kind).includes("validates"))]
  const all = [...(remote?.sources ?? []), ...named.map(({ member, url }) => ({ member, url }))]
  return all
    .filter((one, i) => one.member !== member && all.findIndex((other) => other.member === one.member) === i)
    .slice(0, MAX_SOURCES)
}

/** A validator that a genesis names votes with its home's own key. @throws PlatformError `wrong_key` */
export function mustBeNamed(document: GenesisDocument, own: Application): void {
  const named = document.validators.find(({ member }) => member === own.member)
  if (named && !equalBytes(named.key, own.validator.key))
    throw new PlatformError(
      "wrong_key",
      `the network names another validator's key for ${own.member} than secrets/validator.key: use the folder whose application.json the founder has`,
    )
}

/** Writes the genesis, and the peers into the configuration. */
function settle(home: Home, genesis: SignedGenesis, peers: readonly string[], ownNodeId: string): void {
  const paths = layout(home.folder)
  if (home.config.cometbft) {
    const others = peers.filter((peer) => !peer.startsWith(`${ownNodeId}@`))
    changeConfig(home.folder, ({ cometbft }) => ({ cometbft: { ...cometbft, peers: others } }))
  }
  if (!isThere(paths.genesis)) writeJsonFile(paths.genesis, signedGenesis.toJson(genesis))
}
