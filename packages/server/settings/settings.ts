import { existsSync, readFileSync, realpathSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { MAX_VALUE_SHOWN, type SettingQuestion, type SettingShown, type SettingsAnswer } from "@aceso/client"
import { type Bytes, equalBytes, messageOf, PlatformError, sha256 } from "@aceso/core"
import { changing } from "../home/changing.ts"
import { layout, syncFolder, writeFile } from "../home/layout.ts"
import { type NodeConfig, nodeConfig, parseConfig } from "../node/config.ts"
import { DEFAULTS, promiseFault } from "../node/config-values.ts"
import type { Staff } from "../node/staff.ts"
import { APPLIED, type AppliedTo, type LiveName } from "./applied.ts"
import type { SettingChanges } from "./changes.ts"
import { boundsHere, leastHere, mustBeForOne } from "./here.ts"
import { withMember } from "./member-text.ts"

const MAX_FILE_BYTES = 16 * 2 ** 20
const KINDS: Readonly<Record<string, SettingShown["kind"]>> = {
  integer: "whole number",
  boolean: "yes or no",
  string: "text",
}

interface Around {
  readonly changes: Pick<SettingChanges, "note" | "withdraw">
  readonly staff: Pick<Staff, "administrators">
}

interface File {
  readonly path: string
  readonly text: string
  readonly base: Bytes
  readonly given: Readonly<Record<string, unknown>>
}

/** The settings of a node's node.json: what they are now, and changes of those that may change while it runs. */
export class Settings {
  /** Told once one is changed. */
  onChanged: () => void = () => {}
  private readonly config: NodeConfig
  private readonly fromEnvironment: ReadonlySet<string>
  private readonly parts: AppliedTo
  private readonly around: Around
  private changing: Promise<unknown> = Promise.resolve()

  constructor(config: NodeConfig, fromEnvironment: readonly string[], parts: AppliedTo, around: Around) {
    this.config = config
    this.fromEnvironment = new Set(fromEnvironment)
    this.parts = parts
    this.around = around
  }

  /** @throws PlatformError `bad_file` */
  shown(): SettingsAnswer {
    const { base, given } = this.read()
    const settings = Object.keys(nodeConfig.fields)
      .filter((name) => name !== "folder")
      .map((name) => this.one(name, given))
    return { base, settings }
  }

  /**
   * Changes one: who does it is noted first, then it is in the file, then it counts here; one after the other.
   * @throws PlatformError `bad_setting`, `setting_not_here`, `setting_needs_second`, `only_administrator`, `too_many_changes`, `settings_changed_meanwhile`, `settings_not_written`, `bad_file`, `bad_config`; then all is as before
   */
  set(question: SettingQuestion, who: { readonly name: string }): Promise<SettingsAnswer> {
    const work = () => this.change(question, who.name)
    const done = this.changing.then(work, work)
    this.changing = done.catch(() => {})
    return done
  }

  private async change(question: SettingQuestion, by: string): Promise<SettingsAnswer> {
    const { name, value } = this.wanted(question).setting
    const { changes } = this.around
    const from = shownValue(this.config[name])
    const n = await changes.note({
      ...{ at: Date.now(), by, name, to: JSON.stringify(value) },
      ...(from !== undefined && { from }),
    })
    try {
      // The file could have become another one meanwhile.
      this.alone(() => {
        const { file } = this.wanted(question)
        this.write(file, withMember(file.text, name, JSON.stringify(value)))
      })
    } catch (error) {
      await changes.withdraw(n)
      throw error
    }
    Object.assign(this.config, { [name]: value })
    APPLIED[name](this.parts, this.config)
    this.onChanged()
    return this.shown()
  }

  /** While no other process changes the home. @throws PlatformError `settings_not_written` where one does */
  private alone(change: () => void): void {
    try {
      changing(this.config.folder, change)
    } catch (cause) {
      if (!(cause instanceof PlatformError) || !cause.code.startsWith("folder_")) throw cause
      throw new PlatformError(
        "settings_not_written",
        `node.json could not be written, and nothing was changed: ${cause.message}`,
        { cause },
      )
    }
  }

  /** What is to be changed, if it may be. @throws PlatformError those of `set` that need no change */
  private wanted({ base, name, value }: SettingQuestion) {
    const file = this.read()
    const setting = this.mustFit(name, value)
    if (!equalBytes(base, file.base))
      throw new PlatformError(
        "settings_changed_meanwhile",
        "node.json was changed meanwhile; look at the settings again, then decide",
      )
    mustBeForOne(setting.name, setting.value, this.config, this.around.staff.administrators())
    const changed = { [setting.name]: setting.value }
    const fault = promiseFault({ ...this.config, ...changed })
    if (fault !== undefined) throw new PlatformError("bad_setting", fault)
    this.mustFitFile({ ...file.given, ...changed })
    return { file, setting }
  }

  /** @throws PlatformError `settings_not_written` */
  private write({ path }: File, text: string): void {
    try {
      writeFile(path, text)
      syncFolder(dirname(path))
    } catch (cause) {
      throw new PlatformError(
        "settings_not_written",
        `node.json could not be written, and nothing was changed: ${messageOf(cause)}`,
        { cause },
      )
    }
  }

  private one(name: string, given: Readonly<Record<string, unknown>>): SettingShown {
    const { jsonSchema } = nodeConfig.fields[name]
    const now = (this.config as Readonly<Record<string, unknown>>)[name]
    const usual = (DEFAULTS as Readonly<Record<string, unknown>>)[name]
    const file = Object.hasOwn(given, name) ? given[name] : usual
    const [value, inFile] = [shownValue(now), shownValue(file)]
    const { minimum, maximum } = jsonSchema as { minimum?: number; maximum?: number }
    const kind = KINDS[String(jsonSchema.type)] ?? "object"
    return {
      name,
      kind,
      ...(value !== undefined && { value }),
      ...(inFile !== undefined && inFile !== value && { inFile }),
      ...(usual !== undefined && { default: JSON.stringify(usual) }),
      change: this.changeOf(name),
      ...(kind === "whole number" && boundsHere(name, { minimum, maximum }, this.config)),
    }
  }

  private changeOf(name: string): SettingShown["change"] {
    if (this.fromEnvironment.has(name)) return "environment"
    return isLive(name, this.config) ? "now" : "restart"
  }

  /** @throws PlatformError `bad_setting`, `setting_not_here` */
  private mustFit(name: string, json: string): { readonly name: LiveName; readonly value: number | boolean } {
    if (!Object.hasOwn(nodeConfig.fields, name) || name === "folder")
      throw new PlatformError("bad_setting", `node.json has no setting ${JSON.stringify(name)}`)
    if (this.fromEnvironment.has(name))
      throw new PlatformError(
        "setting_not_here",
        `${name} comes from the environment of this node's process, which counts before the file; change it there, and start the node again`,
      )
    if (!isLive(name, this.config))
      throw new PlatformError(
        "setting_not_here",
        `${name} needs a restart: change it in node.json where the node runs, and start it again`,
      )
    return { name, value: readValue(name, json) }
  }

  /** By the rules of the file and of what counts before it, as far as this build knows its members. @throws PlatformError `bad_config` */
  private mustFitFile(given: Readonly<Record<string, unknown>>): void {
    const known = Object.fromEntries(
      Object.entries(given).filter(([name]) => Object.hasOwn(nodeConfig.fields, name)),
    )
    const counting = Object.fromEntries(
      Object.entries(this.config).filter(([name]) => name === "folder" || this.fromEnvironment.has(name)),
    )
    parseConfig({ ...known, ...counting }, "node.json")
  }

  private read(): File {
    const at = layout(this.config.folder).config
    try {
      if (!existsSync(at)) throw new Error("there is no such file")
      // A link to where the file lies stays one.
      const path = realpathSync(at)
      if (statSync(path).size > MAX_FILE_BYTES) throw new Error(`it has more than ${MAX_FILE_BYTES} bytes`)
      const bytes = readFileSync(path)
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
      const given = JSON.parse(text) as unknown
      if (given === null || typeof given !== "object" || Array.isArray(given))
        throw new Error("it holds no JSON object")
      return { path, text, base: sha256(bytes), given: given as Record<string, unknown> }
    } catch (cause) {
      throw new PlatformError("bad_file", `${at} cannot be read: ${messageOf(cause)}`, { cause })
    }
  }
}

const isLive = (name: string, { watchApp }: NodeConfig): name is LiveName =>
  Object.hasOwn(APPLIED, name) && (name !== "watchAppEveryMs" || watchApp)

/** @throws PlatformError `bad_setting` */
function readValue(name: LiveName, json: string): number | boolean {
  const { jsonSchema } = nodeConfig.fields[name]
  const { type, minimum, maximum } = jsonSchema as { type: string; minimum?: number; maximum?: number }
  if (type === "boolean") {
    if (json !== "true" && json !== "false")
      throw new PlatformError("bad_setting", `${name} is true or false`)
    return json === "true"
  }
  const [least, most] = [leastHere(name, minimum), maximum ?? Number.MAX_SAFE_INTEGER]
  const value = /^(0|[1-9]\d{0,15})$/.test(json) ? Number(json) : Number.NaN
  if (!(value >= least && value <= most))
    throw new PlatformError("bad_setting", `${name} is a whole number from ${least} to ${most}`)
  return value
}

function shownValue(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const json = JSON.stringify(value) ?? "null"
  return json.length > MAX_VALUE_SHOWN ? `${json.slice(0, MAX_VALUE_SHOWN).toWellFormed()}…` : json
}
