import { mkdirSync, readdirSync, renameSync } from "node:fs"
import { join } from "node:path"
import { PlatformError } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { changing } from "./changing.ts"
import { layout, syncFolder } from "./layout.ts"
import { readHome } from "./read.ts"

/** The configuration first: with it the home is gone, and whoever comes next moves the rest after it. */
const PARTS = ["config", "invitation", "application", "people", "vault", "secrets"] as const

/**
 * Moves a home that belongs to no network yet aside, into a folder within, so that another one can be made in its
 * place. Nothing is deleted.
 * @returns where it lies
 * @throws PlatformError `network_exists`, and those of readHome and changing
 */
export const setAside = (folder: string): string =>
  changing(folder, () => {
    const { network } = readHome(folder, "edit")
    if (network)
      throw new PlatformError(
        "network_exists",
        `${folder} belongs to the network ${network.document.network}, which knows its keys: they are not moved aside; use another folder`,
      )
    const to = join(folder, nextOf(asideIn(folder)))
    mkdirSync(to, { mode: 0o700 })
    move(folder, to)
    return to
  })

/** What a killed process left halfway goes after its configuration. */
export function finishSettingAside(folder: string): void {
  if (!isThere(folder) || isThere(layout(folder).config)) return
  const last = asideIn(folder).at(-1)
  if (last === undefined) return
  const to = join(folder, last)
  const isHalf = PARTS.some((part) => isThere(layout(folder)[part]) && !isThere(layout(to)[part]))
  if (isHalf && isThere(layout(to).config)) changing(folder, () => move(folder, to))
}

function move(folder: string, to: string): void {
  const [paths, aside] = [layout(folder), layout(to)]
  for (const part of PARTS)
    if (isThere(paths[part]) && !isThere(aside[part])) renameSync(paths[part], aside[part])
  for (const one of [to, folder]) syncFolder(one)
}

/** The oldest first. */
const asideIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^before-\d+$/.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b))
const numberOf = (name: string) => Number(name.slice("before-".length))
const nextOf = (all: readonly string[]) => `before-${numberOf(all.at(-1) ?? "before-0") + 1}`
