import { asText, type MemberId, PlatformError } from "@aceso/core"
import type { SourceLine, TimelineEntry } from "./history-schemas.ts"
import { placeOf } from "./shown-attachments.ts"
import { resourceOf } from "./speaker.ts"

/** A record of one's own that can be shown to somebody by itself. */
export interface RecordAlone {
  readonly custodian: MemberId
  /** As a consent names it at that custodian, such as `Immunization/3f2a`. */
  readonly reference: string
}

/** @throws PlatformError `unknown_record`: nothing holds there by which a consent could name it */
export function recordToShow(line: Pick<SourceLine, "custodian" | "content" | "status">): RecordAlone {
  const { custodian, status } = line
  const { resourceType, id } = resourceOf(line)
  const [type, name] = [asText(resourceType), asText(id)]
  if (status === "verified" && type !== undefined && name !== undefined)
    return { custodian, reference: `${type}/${name}` }
  throw new PlatformError(
    "unknown_record",
    `what ${custodian} shows of this record is deleted, is not as the ledger has it, or has no id there: it cannot be shown to somebody by itself`,
  )
}

/** One of the own records by its place, such as `city-hospital/12`, or by its FHIR type where there is one of it alone. */
export function recordNamed(
  timeline: readonly TimelineEntry[],
  name: string,
): RecordAlone & Pick<TimelineEntry, "title"> {
  const all = timeline.flatMap((entry) => entry.sources.map((line) => ({ entry, line })))
  const found = name.includes("/")
    ? all.filter(({ line }) => placeOf(line) === name)
    : all.filter(({ entry }) => entry.resourceType === name && !entry.isDeleted)
  const [one, ...others] = found
  if (one && others.length === 0) return { ...recordToShow(one.line), title: one.entry.title }
  const known = found.slice(0, MAX_NAMED).map(({ entry, line }) => `${placeOf(line)} (${entry.title})`)
  throw new PlatformError(
    "unknown_record",
    known.length > 0
      ? `there are ${found.length} records of the type ${name}; name one of them: ${known.join(", ")}`
      : `none of your records is ${name}; name its FHIR type where you have one of it alone, such as Immunization, or its place, such as city-hospital/12`,
  )
}

/** Records that an error names. */
const MAX_NAMED = 20
