import { readFileSync } from "node:fs"
import { custodianReport } from "@aceso/client"
import {
  handle,
  messageOf,
  nullable,
  object,
  type RecordFilter,
  recordFilter,
  type SeenLog,
  uint,
} from "@aceso/core"
import { UsageError } from "../session.ts"
import type { Place } from "./whose.ts"
import { classesOf, listOf } from "./wishes.ts"

const ownLook = object({ handle, size: uint() })

type Value = string | boolean | undefined

/** Classes, and codes with or without their system; nothing: everything is asked for. */
export function filterOf(classes: Value, codes: Value): RecordFilter | undefined {
  const asked = listOf(codes, "--codes", "codes such as http://loinc.org|4548-4").map((one) => {
    const at = one.lastIndexOf("|")
    return at < 0 ? { code: one } : { system: one.slice(0, at), code: one.slice(at + 1) }
  })
  const filter = { classes: classesOf(classes), codes: asked }
  if (filter.classes.length + filter.codes.length === 0) return undefined
  try {
    return recordFilter.parse(filter, "--codes")
  } catch (cause) {
    throw new UsageError(messageOf(cause), { cause })
  }
}

/** What an earlier look left behind. */
export interface Look {
  readonly seen: readonly { readonly custodian: string; readonly handle: string; readonly since: SeenLog }[]
  /** Of the own handle: how many entries were there. */
  readonly own: { readonly handle: string; readonly size: number } | undefined
}

/** @throws UsageError when the look is of somebody else */
export function mustBeOf(look: Look, places: readonly Place[], file: Value): void {
  const isOf = ({ custodian, handle }: Place) =>
    look.seen.some((one) => one.custodian === custodian && one.handle === handle.join()) ||
    look.own?.handle === handle.join()
  if (file !== undefined && !places.some(isOf))
    throw new UsageError(`${file} is a look at somebody else, or at nothing that was answered`)
}

/** @param file what `aceso history --json` printed */
export function earlierLook(file: Value): Look {
  if (file === undefined) return { seen: [], own: undefined }
  try {
    const look = JSON.parse(readFileSync(String(file), "utf8")) as Record<string, unknown>
    if (!Array.isArray(look.custodians)) throw new Error("it has no custodians")
    const reports = look.custodians.map((one, i) => custodianReport.parse(one, `custodians[${i}]`, "json"))
    const seen = reports.flatMap(({ custodian, handle, seen }) =>
      seen ? [{ custodian, handle: handle.join(), since: seen }] : [],
    )
    const own = nullable(ownLook).parse(look.own ?? null, "own", "json")
    return { seen, own: own ? { handle: own.handle.join(), size: own.size } : undefined }
  } catch (cause) {
    throw new UsageError(
      `${file} is no earlier look (aceso history ... --json > ${file}): ${messageOf(cause)}`,
      { cause },
    )
  }
}
