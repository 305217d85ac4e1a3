import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { PatientClient, PublicClient, StaffClient } from "@aceso/client"
import {
  bytes,
  fromHex,
  type GenesisDocument,
  handle,
  type Infer,
  list,
  memberId,
  messageOf,
  object,
  oneOf,
  PlatformError,
  readGenesis,
  signedGenesis,
  text,
  uint,
} from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { forStream } from "./columns.ts"
import { demoIn, type RunningDemo, runningDemos } from "./demos.ts"
import { fileDevice } from "./file-device.ts"
import { writeTo } from "./terminal.ts"

const staffFile = object({
  kind: oneOf("staff"),
  name: text(64),
  member: memberId,
  node: text(200),
  seed: bytes(32),
})
const places = list(object({ custodian: memberId, handle, keyNumber: uint(), url: text(200) }), 64)
export const patientFile = object({
  kind: oneOf("patient"),
  name: text(64),
  nameEn: text(100),
  nameZh: text(100),
  birthDate: text(10),
  node: text(200),
  seedFile: text(1000),
  places,
})
/** Somebody who acts for a person at one custodian; the seed is their own. */
const delegateFile = object({
  kind: oneOf("delegate"),
  name: text(64),
  /** For whom, as the invitation says it. */
  person: text(120),
  node: text(200),
  seedFile: text(1000),
  places,
})
export type PatientFile = Infer<typeof patientFile>
export type DelegateFile = Infer<typeof delegateFile>
export type StaffFile = Infer<typeof staffFile>
type Person = StaffFile | PatientFile | DelegateFile
/** Where a node's configuration says that it is reached. */
function urlIn(file: string): string {
  try {
    return text(200).parse((JSON.parse(readFileSync(file, "utf8")) as { url?: unknown }).url, "url")
  } catch (cause) {
    throw new PlatformError("bad_file", `${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
/** Its organisations' nodes, and the network's genesis, are in it. */
const isDemo = (folder: string) =>
  isThere(join(folder, "genesis.json")) &&
  isThere(join(folder, "nodes")) &&
  !isThere(join(folder, "node.json"))

/** A demo that has ended is at none of its addresses any more: another one may be. */
function mustRun(folder: string): RunningDemo {
  const demo = demoIn(folder)
  if (demo) return demo
  throw new PlatformError(
    "node_unreachable",
    `the demo of ${folder} is not running: start it with npm start -- --data ${folder}`,
  )
}

/** A mistake in how the command was called: exit status 2. */
export class UsageError extends Error {}

export interface SessionOptions {
  readonly node?: string
  readonly as?: string
  readonly data?: string
  readonly isJson: boolean
}

/** Who acts, through which node, with which folder. */
export class Session {
  readonly isJson: boolean
  private readonly options: SessionOptions
  /** For whom a delegate acts was said. */
  private isTold = false

  constructor(options: SessionOptions) {
    this.options = { ...options, node: options.node?.replace(/\/+$/, "") }
    this.isJson = options.isJson
    if (options.node !== undefined && !/^https?:$/.test(URL.parse(options.node)?.protocol ?? ""))
      throw new UsageError(`--node ${options.node}: expected a URL such as http://127.0.0.1:7440`)
  }

  /** Progress goes to stderr, so that --json leaves exactly one document on stdout. */
  progress(text: string): void {
    writeTo(process.stderr, `${forStream(process.stderr, text)}\n`)
  }

  /** The data folder: --folder, else the running demo's. */
  get folder(): string {
    return this.options.data ?? this.current().folder
  }

  /** The folder that was named, if any was. */
  get named(): string | undefined {
    return this.options.data
  }

  /** A node's folder has to be named: no demo stands in for it. */
  get home(): string {
    if (!this.options.data) throw new UsageError("which node's folder? --folder <folder>")
    return resolve(this.options.data)
  }

  /** The folder where it is a node's own. */
  get nodeFolder(): string | undefined {
    const { data } = this.options
    return data !== undefined && isThere(join(data, "node.json")) ? resolve(data) : undefined
  }

  /** The node's own folder, where its node does not run and nobody acts at it; undefined: somebody has to. */
  get stoppedHome(): string | undefined {
    const { nodeFolder: folder } = this
    const { node, as } = this.options
    if (folder === undefined || node !== undefined || as !== undefined) return undefined
    return isDemo(dirname(dirname(folder))) || demoIn(folder) ? undefined : folder
  }

  /** Where the node of the folder is reached; undefined where the folder is no node's own. */
  private get homeUrl(): string | undefined {
    const folder = this.nodeFolder
    if (folder === undefined) return undefined
    // One of a demo's nodes has another address at each start.
    const demo = dirname(dirname(folder))
    if (isDemo(demo)) mustRun(demo)
    return urlIn(join(folder, "node.json"))
  }

  current(): { readonly url: string; readonly folder: string } {
    const { data, node } = this.options
    if (data === undefined) {
      const { urls, folder } = this.runningDemo()
      return { url: urls[0], folder }
    }
    if (!isThere(data))
      throw new UsageError(`${data} does not exist: name the folder of a node, or of a demo`)
    return { url: node ?? this.homeUrl ?? mustRun(data).urls[0], folder: data }
  }

  /** The demo that is meant where no folder is named. */
  private runningDemo(): RunningDemo {
    const running = runningDemos()
    const { node } = this.options
    const meant = running.filter(({ urls }) => node !== undefined && urls.includes(node))
    const [one, ...others] = meant.length > 0 ? meant : running
    if (!one)
      throw new PlatformError(
        "node_unreachable",
        "no demo is running here: start one with npm start, or name a node with --node <url> or --folder <folder>",
      )
    if (others.length > 0)
      throw new UsageError(
        `several demos run here; say which: ${running.map(({ folder }) => `--folder ${folder}`).join(", or ")}`,
      )
    return one
  }

  get nodeUrl(): string {
    return this.options.node ?? (this.options.as ? this.urlOf(this.person()) : this.current().url)
  }

  private urlOf(person: Person): string {
    if (isDemo(this.folder)) mustRun(this.folder)
    return person.node
  }

  publicClient(): PublicClient {
    return new PublicClient(this.nodeUrl)
  }

  /** The person named by --as, else the administrator of the node. */
  person(): Person {
    if (this.options.as) return this.load(this.options.as)
    const { url } = this.current()
    const node = this.options.node ?? url
    const people = this.names().map((name) => this.load(name))
    const administrators = people.filter(
      (one): one is StaffFile => one.kind === "staff" && !one.name.endsWith("-doctor"),
    )
    // For a node that is nobody's here, that node decides.
    const found =
      administrators.find((one) => one.name === "administrator") ??
      administrators.find((one) => one.node === node) ??
      administrators[0]
    if (found) return found
    throw new UsageError(
      "there are no people in this data folder; name one with --data <folder> or --as <name>",
    )
  }

  staff(): { client: StaffClient; person: StaffFile } {
    const person = this.person()
    if (person.kind !== "staff")
      throw new UsageError(
        `${person.name} is a ${person.kind}; this command is for an organisation's people (--as county-doctor, ...)`,
      )
    return { person, client: new StaffClient(this.options.node ?? this.urlOf(person), person.seed) }
  }

  /** The device of a patient, or of somebody who acts for one. */
  async patient(): Promise<{ client: PatientClient; person: PatientFile | DelegateFile }> {
    if (this.options.node !== undefined)
      throw new UsageError("--node is not for a patient: the device asks the custodians that it knows")
    const person = this.person()
    if (person.kind === "staff") throw new UsageError("this command is for a patient: --as patient-1, ...")
    const isDelegate = person.kind === "delegate"
    if (person.places.length === 0 || !isThere(person.seedFile))
      throw new PlatformError(
        "patient_has_no_key",
        "this patient has no key yet; a custodian enrols one at the desk",
      )
    const { network, policyDelayMs } = await new PublicClient(this.urlOf(person)).status()
    const anchor = this.anchor()
    if (isDelegate && !this.isTold)
      this.progress(
        `  acting for ${person.person}, at ${person.places.map(({ custodian }) => custodian).join(", ")}`,
      )
    this.isTold = true
    const seed = fromHex(readFileSync(person.seedFile, "utf8").trim())
    return {
      person,
      client: new PatientClient({
        network,
        seed,
        places: person.places,
        policyDelayMs,
        isDelegate,
        device: fileDevice(
          join(dirname(person.seedFile), isDelegate ? `device-${person.name}.json` : "device.json"),
        ),
        ...(anchor && { anchor }),
      }),
    }
  }

  /** The genesis in the folder, from which whatever a node says is checked; undefined: there is none at hand. */
  anchor(): GenesisDocument | undefined {
    const file = join(this.anchorFolder, "genesis.json")
    if (!isThere(file)) return undefined
    return readGenesis(signedGenesis.parse(JSON.parse(readFileSync(file, "utf8")), "genesis", "json"))
  }

  /** Where a demo's start put the patient's app: its genesis names a place that may have been taken. */
  get appOfDemo(): string | undefined {
    const folder = this.anchorFolder
    return folder === "" ? undefined : demoIn(folder)?.app
  }

  /** A node that is named alone may be of any network: only a demo that it is part of has its genesis here. */
  private get anchorFolder(): string {
    const { node, data } = this.options
    if (node === undefined || data !== undefined) return this.folder
    return runningDemos().find(({ urls }) => urls.includes(node))?.folder ?? ""
  }

  private names(): string[] {
    const folder = join(this.folder, "people")
    if (!isThere(folder)) return []
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.slice(0, -5))
      .sort()
  }

  /** Whoever --as names and has a device of their own; undefined: nobody is named. */
  namedDevice(): PatientFile | DelegateFile | undefined {
    if (!this.options.as) return undefined
    const person = this.person()
    if (person.kind !== "staff") return person
    throw new UsageError(`${person.name} acts for an organisation: name a patient, or nobody`)
  }

  /** For whom anybody of this folder acts. */
  delegations(): DelegateFile[] {
    return this.names().flatMap((name) => {
      const one = this.load(name)
      return one.kind === "delegate" ? [one] : []
    })
  }

  private load(name: string): Person {
    const file = join(this.folder, "people", `${name}.json`)
    if (!/^[a-z][a-z0-9-]*$/.test(name) || !isThere(file))
      throw new UsageError(`nobody is called ${name} here; known: ${this.names().join(", ")}`)
    const value = JSON.parse(readFileSync(file, "utf8")) as { kind?: unknown }
    if (value.kind === "patient") return patientFile.parse(value, name, "json")
    if (value.kind === "delegate") return delegateFile.parse(value, name, "json")
    const person = staffFile.parse(value, name, "json")
    // The configuration says where a node is reached now; the file says where it was when it was made.
    return { ...person, node: this.homeUrl ?? person.node }
  }
}
