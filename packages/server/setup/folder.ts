import { randomInt } from "node:crypto"
import { lstatSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import {
  ASKED_GROUPS,
  HASH_GROUPS,
  type SetupFound,
  type SetupLooked,
  type SetupOrganisation,
  type SetupState,
} from "@aceso/client/setup-schemas.ts"
import { genesisHash, PlatformError, toHex } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { application, checkApplication, invitation } from "../home/application.ts"
import { finishSettingAside, setAside } from "../home/aside.ts"
import { layout, readJsonFile } from "../home/layout.ts"
import { finishMaking, makeHome } from "../home/make.ts"
import { createNetwork, invitationIn, joinInvited, parsedAs, readApplication } from "../home/network.ts"
import { readHome } from "../home/read.ts"
import { readTls } from "../home/tls.ts"
import { foundedAs, type HomeGiven, missingFiles, type NetworkGiven, wishOf } from "../home/wish.ts"

/** What the first start makes in a node's folder, by the functions of the commands; the folder says how far it is. */
export class SetupFolder {
  readonly folder: string
  /** Of the invitation that was looked at last: what has to be typed. */
  private looked: { readonly hash: string; readonly asked: readonly number[] } | undefined

  constructor(folder: string) {
    this.folder = folder
  }

  /** Where nothing can be written nobody begins. @throws PlatformError `folder_unusable`, and those of state */
  mustBeUsable(): void {
    let there = resolve(this.folder)
    try {
      // A folder that is not there yet is made in the nearest one that is.
      while (lstatSync(there, { throwIfNoEntry: false }) === undefined) there = dirname(there)
      rmdirSync(mkdtempSync(join(there, ".aceso-")))
    } catch (cause) {
      const isNone = (cause as NodeJS.ErrnoException).code === "ENOTDIR"
      const why = isNone ? `${there} is no folder` : `nothing can be written in ${there}`
      throw new PlatformError(
        "folder_unusable",
        `${resolve(this.folder)} cannot be used: ${why}; name a folder with --folder in which you may write`,
        { cause },
      )
    }
    this.state()
  }

  /** @throws PlatformError those of readHome */
  state(): Pick<SetupState, "folder" | "home" | "network"> {
    const { folder } = this
    const paths = layout(folder)
    finishMaking(folder)
    finishSettingAside(folder)
    if (!isThere(paths.config)) return { folder, home: null, network: null }
    const { config, network } = readHome(folder, "edit")
    const { member, name, kind, p2p } = readApplication(paths.application)
    const home = {
      ...{ member, name, kind, url: config.url, engine: config.engine },
      ...(p2p !== undefined && { p2p }),
      missing: [...missingFiles(folder, config.tls)],
      secrets: paths.secrets,
    }
    if (!network) return { folder, home, network: null }
    const { founder } = network.document
    const isFounder = founder.member === member
    const invited =
      isFounder && isThere(paths.invitation)
        ? readJsonFile(paths.invitation, invitation, "invitation").applications
        : []
    return {
      folder,
      home,
      network: {
        network: network.document.network,
        founder: founder.member,
        isFounder,
        genesisHash: genesisHash(network.genesis),
        isAppMissing: network.document.app?.operator === member && config.app === undefined,
        members: isFounder ? [member, ...invited.map((one) => one.member)] : [],
        sources: (config.remote?.sources ?? []).map((one) => one.member),
      },
    }
  }

  /** @throws PlatformError `bad_input`, `bad_config`, `bad_certificate`, `home_exists` */
  async make(given: SetupOrganisation): Promise<void> {
    const { folder } = this
    const wish = wishOf(given as HomeGiven, folder, (name) => name)
    // Files that are there fit each other now; those that are not may still come.
    if (wish.tls && missingFiles(folder, wish.tls).length === 0) readTls(folder, wish.url, wish.tls)
    await makeHome(folder, wish)
  }

  /** What was typed is not as it should be: another one is made in its place. @throws PlatformError those of setAside */
  again(): void {
    setAside(this.folder)
  }

  /** @throws PlatformError `bad_file`, `bad_application`, `bad_input`, and those of createNetwork */
  found({ applications, appOrigins, ...given }: SetupFound): void {
    const { network, ageOfMajority } = foundedAs(given as NetworkGiven, (name) => name)
    const others = applications.map((one) => checkApplication(parsedAs(application, one, "application")))
    createNetwork(this.folder, network, others, {
      ...(ageOfMajority !== undefined && { ageOfMajority }),
      appOrigins,
    })
  }

  /** What an invitation says, before anything is written. @throws PlatformError `bad_file`, `bad_genesis` */
  look(value: unknown): SetupLooked {
    const { genesis, document } = invitationIn(value)
    const hash = genesisHash(genesis)
    const { network, engine, founder } = document
    if (this.looked?.hash !== toHex(hash)) this.looked = { hash: toHex(hash), asked: someGroups() }
    return { network, engine, founder: founder.member, genesisHash: hash, asked: [...this.looked.asked] }
  }

  /**
   * @param groups what the founder said by another channel, of the groups that were asked for
   * @throws PlatformError `hash_differs`, and those of look and joinInvited
   */
  join(value: unknown, groups: readonly string[]): void {
    const { genesisHash: hash, asked } = this.look(value)
    const all = groupsOf(toHex(hash))
    if (asked.some((n, i) => groups[i].replace(/\s/g, "").toLowerCase() !== all[n - 1]))
      throw new PlatformError(
        "hash_differs",
        "these are not the digits of this invitation's genesis hash: either they were mistyped, or the invitation is not the founder's; nothing was joined",
      )
    joinInvited(this.folder, invitationIn(value))
  }

  /** A file that is to be handed on; both are public. @throws PlatformError `not_found` */
  file(which: "application" | "invitation"): string {
    const path = layout(this.folder)[which]
    if (!isThere(path)) throw new PlatformError("not_found", `there is no ${path} yet`)
    return readFileSync(path, "utf8")
  }

  /** Where it is, as a command line is told. */
  get path(): string {
    return resolve(this.folder)
  }
}

const groupsOf = (hash: string): readonly string[] => hash.match(/.{4}/g) ?? []

/** Nobody who makes another genesis knows beforehand which part of its hash will be compared. */
function someGroups(): readonly number[] {
  const found = new Set<number>()
  while (found.size < ASKED_GROUPS) found.add(randomInt(1, HASH_GROUPS + 1))
  return [...found].sort((a, b) => a - b)
}
