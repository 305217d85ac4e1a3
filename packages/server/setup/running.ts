import { PublicClient, StaffClient } from "@aceso/client"
import type { SetupInvited, SetupState } from "@aceso/client/setup-schemas.ts"
import { members } from "@aceso/contracts"
import { bytes, object, oneOf, PlatformError, text } from "@aceso/core"
import { shellWord } from "@aceso/core/shell-word.ts"
import { layout, readJsonFile } from "../home/layout.ts"
import { ADMINISTRATOR } from "../home/make.ts"
import type { RunningHomes } from "../home/open.ts"
import { isCaughtUp } from "../home/validator.ts"
import type { SetupFolder } from "./folder.ts"

/** How nodes are run where this process is. */
export interface NodesHere {
  /** Opens the node of the folder, with those that run on its engine, and begins what needs the ledger. */
  begin(): Promise<RunningHomes>
  /** Whether a process, this one or another, runs the folder's node. */
  isRunning(): boolean
}

type NodeState = SetupState["node"]
type Home = NonNullable<SetupState["home"]>

/** So long an answer of the ledger is waited for, ms. */
const PATIENCE_MS = 2_000

const credentials = object({
  kind: oneOf("staff"),
  name: text(64),
  member: text(100),
  node: text(200),
  seed: bytes(32),
})

/** The folder's node, from its start to its first administrator. */
export class SetupNode {
  private readonly folder: SetupFolder
  private readonly nodes: NodesHere
  private homes: RunningHomes | undefined

  constructor(folder: SetupFolder, nodes: NodesHere) {
    this.folder = folder
    this.nodes = nodes
  }

  async state(): Promise<Pick<SetupState, "node" | "administrators">> {
    const { home, network } = this.folder.state()
    const isHere = home !== null && network !== null && (home.engine !== "embedded" || network.isFounder)
    const { path } = this.folder
    const line = isHere
      ? `aceso up --folder ${shellWord(path)}`
      : `aceso up --folder '<founder-folder>' --with ${shellWord(path)}`
    const runs = home === null ? { runs: "off" as const } : await this.runs(home)
    const administrators = runs.runs === "ready" ? await this.administrators() : []
    return { node: { ...runs, isHere, line }, administrators }
  }

  /** @throws PlatformError those of RunningHomes.open */
  async start(): Promise<void> {
    if (this.homes || this.nodes.isRunning()) return
    this.homes = await this.nodes.begin()
  }

  /** A one-time code for whoever is to administer the node by a device of their own. @throws PlatformError `person_exists` */
  async invite(name: string, role: string | undefined): Promise<SetupInvited> {
    const { people, url } = this.administrator()
    const { code, expiresAt, isNew } = await people.invite({
      ...{ name, isAdministrator: true },
      ...(role !== undefined && { role }),
    })
    if (!isNew)
      throw new PlatformError(
        "person_exists",
        `somebody called ${name} works here already; choose another name`,
      )
    return { code, expiresAt, link: `${url}/portal/#join=${code}` }
  }

  /** @throws PlatformError `unknown_code` */
  async hasDevice(code: string): Promise<boolean> {
    return (await this.administrator().people.pairing(code)).hasDevice
  }

  /** @throws PlatformError `digits_differ`, `no_device_yet`, `unknown_code`, `code_used` */
  async confirm(code: string, digits: string): Promise<void> {
    await this.administrator().people.confirm(code, digits)
  }

  /** Who acts here: the first administrator, whose credentials lie in the folder. */
  private administrator(): StaffClient {
    const { home } = this.folder.state()
    if (home === null) throw new PlatformError("no_home", "there is no organisation in this folder yet")
    const { seed } = readJsonFile(
      layout(this.folder.folder).person(ADMINISTRATOR),
      credentials,
      "credentials of the administrator",
    )
    return new StaffClient(home.url, seed)
  }

  private async administrators(): Promise<string[]> {
    // Where the node's own URL leads nowhere yet, inviting says so.
    const people = await this.administrator()
      .people.all()
      .catch(() => [])
    return people
      .filter(({ isAdministrator, isInForce }) => isAdministrator && isInForce)
      .map(({ name }) => name)
      .filter((name) => name !== ADMINISTRATOR)
      .slice(0, 100)
  }

  private async runs({ member, url, engine }: Home): Promise<Pick<NodeState, "runs" | "waitsFor">> {
    const own = this.homes?.organisations[0]
    if (!own) return this.nodes.isRunning() ? this.elsewhere(url) : { runs: "off" }
    const { services } = own.node
    if (services.readiness.recovery) return { runs: "waiting", waitsFor: "recovery" }
    if (services.readiness.isStarted) return { runs: "ready" }
    if (engine === "cometbft" && !(await within(isCaughtUp(services)).catch(() => false)))
      return { runs: "waiting", waitsFor: "blocks" }
    try {
      const row = await within(own.engine.read(members, [member]))
      return { runs: "waiting", waitsFor: row?.status === "active" ? "start" : "admission" }
    } catch {
      return { runs: "waiting", waitsFor: engine === "remote" ? "sources" : "blocks" }
    }
  }

  /** Another process has the node: what it says of itself. */
  private async elsewhere(url: string): Promise<Pick<NodeState, "runs" | "waitsFor">> {
    const { isStarted } = await within(new PublicClient(url).status()).catch(() => ({ isStarted: undefined }))
    return isStarted === true
      ? { runs: "ready" }
      : { runs: "waiting", waitsFor: isStarted === false ? "admission" : "start" }
  }
}

/** @throws Error it takes too long to be waited for by a page */
async function within<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error("no answer yet")), PATIENCE_MS)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
