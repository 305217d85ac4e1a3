import { type Bytes, equalBytes, fromUtf8, type Hash, messageOf, PlatformError, toHex } from "@aceso/core"
import {
  type AppBuild,
  type AppFile,
  BUILD_FILE,
  MAX_BUILD_FILE_BYTES,
  readAppBuild,
} from "@aceso/core/app-build.ts"
import { sha256 } from "@aceso/core/crypto.ts"
import { type Asking, askingsOf } from "./app-asking.ts"
import { APP_LIMITS, AppFault, type AppLimits, type AppPart, fetchPart } from "./app-fetch.ts"
import { headerFaults } from "./app-headers.ts"
import { pageFaults } from "./app-page.ts"
import { policyFaults, shown } from "./app-policy.ts"
import type { AppStanding } from "./app-standing.ts"
import type { Fetch } from "./http.ts"
import { patience } from "./patience.ts"

/** What does not hold, as `aceso verify` says it. */
export interface AppFinding {
  readonly kind: string
  readonly where: string
  readonly detail: string
}

export interface AppCheck {
  readonly origin: string
  /** What the origin says that it serves; null: it says nothing that can be read. */
  readonly root: Hash | null
  /** How many files were compared. */
  readonly files: number
  readonly bytes: number
  readonly findings: readonly AppFinding[]
  readonly notes: readonly string[]
}

export interface AppToCheck {
  readonly origin: string
  /** Which page of the build is served there. */
  readonly page: "app" | "portal"
  /** Sends requests, follows no redirect, unpacks no body. */
  readonly fetch: Fetch
  /** What the ledger says of a build. @throws PlatformError */
  readonly standing: (root: Hash) => Promise<AppStanding>
  /** Where the pages may talk to beside their own origin. @throws PlatformError */
  readonly mayTalkTo: () => Promise<readonly string[]>
  readonly limits?: AppLimits
  readonly signal?: AbortSignal
}

/** Where an origin serves files of the build that are not where their names say; the first one is the page itself. */
const PLACES: Readonly<Record<AppToCheck["page"], readonly (readonly [path: string, at: string])[]>> = {
  app: [
    ["app.html", "/"],
    ["app-sw.js", "/sw.js"],
    ["app.webmanifest", "/manifest.webmanifest"],
  ],
  portal: [
    ["portal.html", "/portal/"],
    ["portal-sw.js", "/sw.js"],
    ["portal.webmanifest", "/manifest.webmanifest"],
  ],
}
const ALL_PLACES = new Set(Object.values(PLACES).flatMap((some) => some.map(([path]) => path)))
/** Asked for although no list may name them: what once was registered here outlives every page. */
const WORKERS = ["service-worker.js", "sw.js"]
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  png: "image/png",
  wasm: "application/wasm",
  json: "application/json",
  webmanifest: "application/manifest+json",
  txt: "text/plain",
}
const ABREAST = 6
/** More findings say no more. */
const MAX_FINDINGS = 50

/**
 * Fetches a whole app as a browser does and holds it against what a ballot released. What differs is a finding and never
 * an error.
 */
export const checkApp = (given: AppToCheck): Promise<AppCheck> => new AppChecking(given).run()

interface Found {
  readonly kind: string
  readonly where: Set<string>
  readonly detail: string
}

class AppChecking {
  private readonly given: AppToCheck
  private readonly limits: AppLimits
  private readonly signal: AbortSignal
  private readonly findings = new Map<string, Found>()
  private readonly notes: string[] = []
  private mayTalkTo: readonly string[] | undefined
  private files = 0
  private bytes = 0

  constructor(given: AppToCheck) {
    this.given = given
    this.limits = given.limits ?? APP_LIMITS
    const whole = AbortSignal.timeout(this.limits.wholeMs * patience())
    this.signal = given.signal ? AbortSignal.any([whole, given.signal]) : whole
  }

  async run(): Promise<AppCheck> {
    const { origin, page } = this.given
    await this.askMembers()
    const build = await this.list()
    const [entry, at] = PLACES[page][0]
    if (build) {
      await this.standing(build.root)
      const isElsewhere = (path: string) =>
        (path.endsWith(".html") || ALL_PLACES.has(path)) && !PLACES[page].some(([own]) => own === path)
      const elsewhere = build.files.filter(({ path }) => isElsewhere(path))
      if (elsewhere.length > 0)
        this.notes.push(`not served at ${origin}: ${elsewhere.map(({ path }) => path).join(", ")}`)
      if (!build.files.some(({ path }) => path === entry))
        this.find("file_missing", entry, "the list of the build does not name it, and it is the page itself")
      await this.all(build.files.filter((one) => !elsewhere.includes(one)))
      await this.unpackedPage(build, entry, at)
      await this.workers(build)
    } else await this.page(at)
    return this.result(build)
  }

  private result(build: AppBuild | undefined): AppCheck {
    // In one order, whichever part came first: whoever looks again sees whether it is the same.
    const findings = [...this.findings.values()]
      .map(({ kind, where, detail }) => {
        const [first, ...others] = [...where].sort()
        return { kind, detail, where: others.length > 0 ? `${first} and ${others.length} more` : first }
      })
      .sort((a, b) => (`${a.kind} ${a.where} ${a.detail}` < `${b.kind} ${b.where} ${b.detail}` ? -1 : 1))
    const { origin } = this.given
    const { files, bytes, notes } = this
    if (findings.length === MAX_FINDINGS) notes.push(`findings beyond ${MAX_FINDINGS} are left out`)
    return { origin, root: build?.root ?? null, files, bytes, findings, notes }
  }

  /** Alike ones are one. */
  private find(kind: string, where: string, detail: string): void {
    const name = `${kind} ${detail}`
    const known = this.findings.get(name)
    if (known) known.where.add(where)
    else if (this.findings.size < MAX_FINDINGS)
      this.findings.set(name, { kind, where: new Set([where]), detail })
  }

  private async askMembers(): Promise<void> {
    const { origin, page, mayTalkTo } = this.given
    if (page === "portal") {
      this.mayTalkTo = [origin]
      return
    }
    try {
      this.mayTalkTo = await mayTalkTo()
    } catch (error) {
      this.find("not_proven", "members", wordsOf(error))
    }
  }

  private async standing(root: Hash): Promise<void> {
    const name = toHex(root)
    try {
      const { state, notes, isByServerAlone } = await this.given.standing(root)
      this.notes.push(...notes)
      if (state === "never") this.find("not_released", name, "no ballot released this build")
      if (state === "withdrawn")
        this.find("withdrawn", name, "a ballot withdrew this build: it may be served no more")
      if (isByServerAlone)
        this.find("not_proven", name, "nobody but who serves it shows what the ledger says of it")
    } catch (error) {
      this.find("not_proven", name, wordsOf(error))
    }
  }

  private async list(): Promise<AppBuild | undefined> {
    const part = await this.part(`/${BUILD_FILE}`, BUILD_FILE, MAX_BUILD_FILE_BYTES, "fetch")
    if (!part) return undefined
    try {
      return readAppBuild(part.body)
    } catch (error) {
      this.find("bad_build", BUILD_FILE, wordsOf(error))
      return undefined
    }
  }

  private async all(files: readonly AppFile[]): Promise<void> {
    const left = [...files]
    const worker = async () => {
      for (let one = left.shift(); one; one = left.shift()) await this.file(one)
    }
    await Promise.all(Array.from({ length: ABREAST }, worker))
  }

  /** In each way in which a browser asks for it: the server reads which one it is. */
  private async file(file: AppFile): Promise<void> {
    const { path, sizeBytes } = file
    let isCompared = false
    for (const asking of askingsOf(path)) {
      const part = await this.part(this.at(path), path, sizeBytes, asking)
      if (!part) continue
      this.compare(file, part.body)
      if (!isCompared) this.bytes += part.body.length
      isCompared = true
    }
    if (isCompared) this.files++
  }

  private at(path: string): string {
    return PLACES[this.given.page].find(([own]) => own === path)?.[1] ?? `/${path}`
  }

  private compare({ path, sizeBytes, hash }: AppFile, body: Bytes): void {
    if (body.length !== sizeBytes)
      this.find("file_differs", path, `it has ${body.length} bytes, and the build has ${sizeBytes}`)
    else if (!equalBytes(sha256(body), hash))
      this.find("file_differs", path, "it has other bytes than the build's file of this name")
  }

  /** Whoever takes no packed bodies gets the same page, which loads nothing from elsewhere. */
  private async unpackedPage(build: AppBuild, entry: string, at: string): Promise<void> {
    const file = build.files.find(({ path }) => path === entry)
    if (!file) return
    const part = await this.part(at, entry, file.sizeBytes, "page", { isPacked: false })
    if (!part) return
    if (!equalBytes(sha256(part.body), file.hash))
      this.find("file_differs", entry, "unpacked it is another page than the build's")
    const listed = new Set(build.files.map(({ path }) => this.at(path)))
    for (const fault of pageFaults(textOf(part.body), listed))
      this.find("page_points_elsewhere", entry, fault)
  }

  /** Without a list there still is what the headers say. */
  private async page(at: string): Promise<void> {
    await this.part(at, PLACES[this.given.page][0][0], MAX_BUILD_FILE_BYTES, "page")
  }

  private async workers({ files }: AppBuild): Promise<void> {
    const listed = new Set(files.map(({ path }) => this.at(path)))
    for (const name of WORKERS.filter((one) => !listed.has(`/${one}`))) {
      const parts: (AppPart | undefined)[] = []
      for (const asking of askingsOf(name))
        parts.push(await this.part(`/${name}`, name, MAX_BUILD_FILE_BYTES, asking, { isUnlisted: true }))
      if (parts.some((one) => one))
        this.find("not_listed", name, "it is served, and the list of the build does not name it")
    }
  }

  private async part(
    at: string,
    where: string,
    maxBytes: number,
    asking: Asking,
    { isPacked = true, isUnlisted = false } = {},
  ): Promise<AppPart | undefined> {
    const { fetch, origin } = this.given
    const { limits, signal } = this
    try {
      const how = { fetch, maxBytes, asking, isPacked, limits, signal }
      const part = await fetchPart(`${origin}${at}`, how)
      if (isUnlisted) return part.status < 400 ? part : undefined
      if (part.status !== 200) {
        this.find("file_missing", where, `it is answered with status ${part.status}`)
        return undefined
      }
      this.headers(where, part.headers)
      return part
    } catch (error) {
      if (!(error instanceof AppFault)) throw error
      this.find(error.kind, where, error.message)
      return undefined
    }
  }

  private headers(where: string, headers: Headers): void {
    const type = headers.get("content-type")?.split(";")[0].trim().toLowerCase() ?? ""
    const expected = TYPES[where.slice(where.lastIndexOf(".") + 1)]
    if (type !== expected)
      this.find("wrong_headers", where, `its content type is ${shown(type) || "missing"}, not ${expected}`)
    if (headers.get("x-content-type-options")?.toLowerCase() !== "nosniff")
      this.find("wrong_headers", where, "x-content-type-options: nosniff is missing")
    for (const fault of headerFaults(headers, this.given.origin, where.endsWith(".html")))
      this.find("wrong_headers", where, fault)
    for (const fault of policyFaults(headers.get("content-security-policy") ?? undefined, this.mayTalkTo))
      this.find("policy_loose", where, `content-security-policy: ${fault}`)
  }
}

function textOf(body: Bytes): string {
  try {
    return fromUtf8(body)
  } catch {
    return ""
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof PlatformError)) throw error
  return shown(messageOf(error), 500)
}
