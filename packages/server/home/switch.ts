import { mkdirSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { bool, type Infer, list, object, oneOf, optional, text } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { layout, readJsonFile, syncFolder, writeJsonFile } from "./layout.ts"

/** Everything in a home that belongs to one network. */
const PARTS = ["engine", "genesis", "invitation", "checkpoints", "config", "application"] as const
export type Part = (typeof PARTS)[number]

/** Where each old part goes; those that are not named are not kept. */
export type Kept = Readonly<Partial<Record<Part, string>>>

const steps = list(object({ part: oneOf(...PARTS), isNew: bool(), old: optional(text(4000)) }), PARTS.length)

const places = (folder: string) => {
  const { joining } = layout(folder)
  return {
    journal: join(joining, "journal.json"),
    fresh: (part: Part) => join(joining, "new", part),
    old: (part: Part) => join(joining, "old", part),
  }
}

/** Whether a switch was interrupted: then the home is half old, half new, until undoSwitch. */
export const isSwitching = (folder: string): boolean => isThere(places(folder).journal)

/** Where new parts are made before the switch, empty. */
export function prepareSwitch(folder: string): (part: Part) => string {
  undoSwitch(folder)
  const { fresh } = places(folder)
  mkdirSync(join(layout(folder).joining, "new"), { recursive: true, mode: 0o700 })
  mkdirSync(join(layout(folder).joining, "old"), { mode: 0o700 })
  return fresh
}

/**
 * Puts the new parts in place of the old ones: all of them, or after a failure or a crash (undoSwitch) none.
 * @param leaving parts that go without a new one
 */
export function switchParts(folder: string, kept: Kept, leaving: readonly Part[]): void {
  const { journal, fresh, old } = places(folder)
  const plan = PARTS.flatMap((part): Infer<typeof steps> => {
    const isNew = isThere(fresh(part))
    const wasThere = isThere(layout(folder)[part])
    if (!isNew && !(wasThere && leaving.includes(part))) return []
    return [{ part, isNew, ...(wasThere && { old: kept[part] ?? old(part) }) }]
  })
  syncFolder(join(layout(folder).joining, "new"))
  writeJsonFile(journal, plan)
  syncFolder(layout(folder).joining)
  try {
    for (const { part, isNew, old } of plan) {
      if (old !== undefined) renameSync(layout(folder)[part], old)
      if (isNew) renameSync(fresh(part), layout(folder)[part])
    }
    syncFolder(folder)
  } catch (error) {
    undoSwitch(folder)
    throw error
  }
  // With the journal gone the switch is done.
  rmSync(journal)
  rmSync(layout(folder).joining, { recursive: true, force: true })
}

/** Makes a home that was switched halfway what it was before; can itself be repeated. */
export function undoSwitch(folder: string): void {
  const { journal, fresh } = places(folder)
  if (isThere(journal)) {
    for (const { part, isNew, old } of readJsonFile(journal, steps, "journal").toReversed()) {
      const place = layout(folder)[part]
      if (isNew && isThere(place) && !isThere(fresh(part))) renameSync(place, fresh(part))
      if (old !== undefined && isThere(old)) renameSync(old, place)
    }
    syncFolder(folder)
    rmSync(journal)
  }
  rmSync(layout(folder).joining, { recursive: true, force: true })
}
