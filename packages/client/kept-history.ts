import {
  type Bytes,
  type Cbor,
  concat,
  decodeCbor,
  domainBytes,
  drugFields,
  encodeCbor,
  equalBytes,
  handle,
  hkdf,
  type Infer,
  isSamePlace,
  list,
  MAX_DRUGS,
  memberId,
  object,
  oneOf,
  optional,
  PlatformError,
  text,
  toHex,
  uint,
} from "@aceso/core"
import { LENGTH_BYTES, openWith, padded, sealWith, unpadded } from "./aes-gcm.ts"
import { type SourceLine, sourceLine } from "./history-schemas.ts"
import type { OwnHistory, OwnHistoryPart } from "./own-history.ts"
import type { PatientPlace } from "./patient-place.ts"
import { type CustodiansDrug, mergeTimeline } from "./timeline.ts"

/** The own records of one custodian, as they were read and verified at a moment. */
const keptPart = object({
  custodian: memberId,
  handle,
  /** ms */
  at: uint(),
  state: oneOf("matches", "differs", "incomplete"),
  height: uint(),
  dummies: uint(),
  closed: uint(),
  lost: uint(),
  shown: uint(),
  committed: uint(),
  steps: list(uint(), 100_000),
  why: optional(object({ code: text(64), message: text(2000) })),
  /** The oldest, for which there was no room. */
  left: uint(),
  lines: list(sourceLine, 200_000),
  /** Verified at an earlier moment (`at`, ms), and nothing verified took their place since. */
  earlier: optional(list(object({ at: uint(), line: sourceLine }), 200_000)),
})
type KeptPart = Infer<typeof keptPart>

/** What a device keeps of its person's records. */
export const keptRecords = object({
  network: text(64),
  policyDelayMs: uint(),
  names: list(object({ member: memberId, name: text(100) }), 1000),
  parts: list(keptPart, 64),
  /** As custodians named what their records mean by reference. */
  drugs: optional(list(object({ custodian: memberId, ...drugFields }), MAX_DRUGS)),
})
export type KeptRecords = Infer<typeof keptRecords>

/** What goes with the records and is needed where no node answers. */
export type KeptNetwork = Pick<KeptRecords, "network" | "policyDelayMs">

/** Of records with all that goes with them. */
export const MAX_KEPT_BYTES = 32 * 2 ** 20
/** What is kept has one of ten sizes: 64 KiB, and double of it again and again. */
const LEAST_BYTES = 64 * 2 ** 10
const FORMAT = 1
/** Of a line, without its content, at most. */
const LINE_BYTES = 512

const derived = (seed: Bytes, what: string, size: number): Bytes =>
  hkdf(seed, new Uint8Array(0), domainBytes("kept", what), size)

/** The name under which a person's records lie on a device: it says nothing to whom the seed is unknown. */
export const keptId = (seed: Bytes): string => toHex(derived(seed, "id", 16))

const keyOf = (seed: Bytes): Bytes => derived(seed, "records", 32)
/** To what it is bound. */
const boundTo = (seed: Bytes): Bytes => domainBytes("kept", "aad", FORMAT, keptId(seed))

/** AES-256-GCM under a key of the seed's own for this. @throws RangeError more than may be kept */
export async function sealedRecords(seed: Bytes, records: KeptRecords): Promise<Bytes> {
  const plain = encodeCbor(records as unknown as Cbor)
  const needed = LENGTH_BYTES + plain.length
  if (needed > MAX_KEPT_BYTES) throw new RangeError(`more than ${MAX_KEPT_BYTES} bytes are not kept`)
  const size = Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(needed)))
  return concat(Uint8Array.of(FORMAT), await sealWith(keyOf(seed), boundTo(seed), padded(plain, size)))
}

/** @throws PlatformError `kept_changed`: it is not what this person's device kept */
export async function openedRecords(seed: Bytes, content: Bytes): Promise<KeptRecords> {
  try {
    if (content[0] !== FORMAT || content.length > 2 * MAX_KEPT_BYTES)
      throw new PlatformError("kept_changed", "it is of no known form")
    const all = await openWith(keyOf(seed), boundTo(seed), content.slice(1))
    const plain = all && unpadded(all)
    if (!plain) throw new PlatformError("kept_changed", "it was sealed by somebody else, or changed")
    return keptRecords.parse(decodeCbor(plain), "kept")
  } catch (cause) {
    throw new PlatformError(
      "kept_changed",
      "what this device had kept of your records was changed, or is not whole: nothing of it is shown, and it was removed. Read your records again while their organisations can be reached.",
      { cause },
    )
  }
}

/**
 * What is worth keeping of a history: of each custodian what was read now, or what was kept of it before. What was
 * verified once stays, with its moment, until the custodian shows it, or something newer of it, verified again.
 * @param places those of the history, in the same order
 * @param before what is kept already
 * @param maxBytes beyond it the oldest entries are left out, and counted; those that were verified go first
 */
export function recordsToKeep(
  history: OwnHistory,
  places: readonly PatientPlace[],
  about: KeptNetwork & { readonly organisations: Readonly<Record<string, string>>; readonly now: number },
  before?: KeptRecords,
  maxBytes = MAX_KEPT_BYTES,
): KeptRecords {
  const { timeline, parts, drugs = [] } = before ? withKept(history, before, places) : history
  const { network, policyDelayMs, organisations, now } = about
  const names = Object.entries(organisations).map(([member, name]) => ({ member, name }))
  const lines = new Map<string, SourceLine[]>()
  const left = new Map<string, number>()
  let room = maxBytes - LENGTH_BYTES - 200 * names.length
  for (const { custodian, steps } of parts) {
    lines.set(custodian, [])
    room -= 4 * LINE_BYTES + 9 * steps.length
  }
  // Whoever names many drugs, or large ones, takes from the records no more than a part.
  let roomForDrugs = room / 4
  const named = drugs.slice(0, MAX_DRUGS).filter(({ content, reference }) => {
    const size = LINE_BYTES + reference.length + content.length
    if (size > roomForDrugs) return false
    roomForDrugs -= size
    room -= size
    return true
  })
  const all = timeline.flatMap(({ sources, older }) => [...sources, ...older])
  // The newest entries come first. Once one does not fit, none that is older is kept in its place. What nobody proves
  // takes no room from what was proven.
  for (const isProven of [true, false]) {
    let isFull = false
    for (const line of all.filter(({ status }) => (status === "verified") === isProven)) {
      const size = LINE_BYTES + (line.content?.length ?? 0)
      isFull ||= room < size
      if (isFull) left.set(line.custodian, (left.get(line.custodian) ?? 0) + 1)
      else {
        room -= size
        lines.get(line.custodian)?.push(line)
      }
    }
  }
  const kept = parts.flatMap((part, i): KeptPart[] => {
    const { custodian, state, why, keptAt, left: left0 = 0, earlier: _earlier, ...counts } = part
    const place = places.at(i)
    if (state === "unreachable" || place?.custodian !== custodian) return []
    // Where somebody has two handles at a custodian, the lines of both stand with the first.
    const own = lines.get(custodian) ?? []
    lines.delete(custodian)
    const at = keptAt ?? now
    const isOfNow = (line: SourceLine) => (line.keptAt ?? at) === at
    const earlier = own
      .filter((line) => !isOfNow(line))
      .map((line) => ({ at: line.keptAt ?? at, line: unmarked(line) }))
    return [
      {
        ...{ custodian, state, handle: place.handle, at },
        ...counts,
        ...(why && why.code !== KEPT.code && { why }),
        left: left0 + (left.get(custodian) ?? 0),
        lines: own.filter(isOfNow).map(unmarked),
        ...(earlier.length > 0 && { earlier }),
      },
    ]
  })
  return { network, policyDelayMs, names, parts: kept, ...(named.length > 0 && { drugs: named }) }
}

const unmarked = ({ keptAt: _keptAt, ...line }: SourceLine): SourceLine => line
const marked = (line: SourceLine, keptAt: number): SourceLine => ({ ...line, keptAt })

/** Why such a part is not as sure as one that was read now. */
const KEPT = {
  code: "kept",
  message: "this organisation does not answer now: what this device had kept is shown",
}

/** What was verified when it was kept, with its moment. */
const verifiedIn = ({ at, lines, earlier = [] }: KeptPart): SourceLine[] => [
  ...lines.filter(isProof).map((line) => marked(line, at)),
  ...earlier.map((one) => marked(one.line, one.at)),
]
const isProof = ({ status, content, isDeletion }: SourceLine): boolean =>
  status === "verified" && (isDeletion === true || (content?.length ?? 0) > 0)
const recordOf = ({ custodian, recordId }: SourceLine) => `${custodian} ${toHex(recordId)}`
const versionOf = (line: SourceLine) => `${recordOf(line)} ${line.version}`

/**
 * The lines of a custodian, and what was verified of it before and is not now: of the very same version the verified one
 * stays, and a newer one that is no lie makes it an older one.
 */
function withVerified(
  shown: readonly SourceLine[],
  before: readonly SourceLine[],
  { state, height, closed }: Pick<OwnHistoryPart, "state" | "height" | "closed">,
): SourceLine[] {
  const proven = new Set(shown.filter(isProof).map(versionOf))
  // A whole log that is newer has every version: what is not shown of it is closed, and speaks for nothing.
  const isClosed = (line: SourceLine) => state === "matches" && line.height <= height
  const stays = new Map<string, SourceLine>()
  for (const line of before) {
    const name = versionOf(line)
    if (proven.has(name) || (isClosed(line) && closed === 0)) continue
    if ((stays.get(name)?.keptAt ?? 0) <= (line.keptAt ?? 0)) stays.set(name, line)
  }
  if (stays.size === 0) return [...shown]
  const isSame = (line: SourceLine) => {
    const kept = stays.get(versionOf(line))
    if (kept?.isDeletion) return line.isDeletion === true
    return kept?.content !== undefined && line.content !== undefined && equalBytes(kept.content, line.content)
  }
  const all = [...shown.filter((line) => !isSame(line)), ...stays.values()]
  const newest = new Map<string, number>()
  for (const line of all)
    if (line.keptAt !== undefined || (state !== "differs" && line.status !== "mismatch"))
      newest.set(recordOf(line), Math.max(newest.get(recordOf(line)) ?? 0, line.version))
  return all.map((line) =>
    line.keptAt === undefined
      ? line
      : { ...line, isSuperseded: line.version < (newest.get(recordOf(line)) ?? 0) || isClosed(line) },
  )
}

/**
 * The same history, with what was kept: of custodians that do not answer now all of it, of others what they showed
 * verified then, and not now. Only of the very same handle.
 * @param places those of the history, in the same order
 */
export function withKept(
  history: OwnHistory,
  { parts, drugs: named = [] }: KeptRecords,
  places: readonly PatientPlace[],
): OwnHistory {
  const lines = Map.groupBy(
    history.timeline.flatMap(({ sources, older }) => [...sources, ...older]),
    ({ custodian }) => custodian,
  )
  const answering = new Set(
    history.parts.filter(({ state }) => state !== "unreachable").map(({ custodian }) => custodian),
  )
  // What the kept lines add nothing to is not merged once more.
  let isSame = true
  const filled = history.parts.map((part, i): OwnHistoryPart => {
    const place = places.at(i)
    const kept = place && parts.find((one) => isSamePlace(one, place))
    if (!kept || kept.custodian !== part.custodian) return part
    const before = verifiedIn(kept)
    const isAlone = history.parts.filter(({ custodian }) => custodian === part.custodian).length === 1
    // Of two handles at a custodian nothing says which one's log has a line.
    const whole = ({ state, height, closed }: Pick<OwnHistoryPart, "state" | "height" | "closed">) => ({
      ...{ state, closed, height: isAlone ? height : -1 },
    })
    const isStale = part.keptAt !== undefined && kept.at > part.keptAt
    if (part.keptAt !== undefined && !isStale) return part
    if (answering.has(part.custodian) && !isStale) {
      const shown = lines.get(part.custodian) ?? []
      const now = withVerified(
        shown.filter(({ keptAt }) => keptAt === undefined),
        [...shown.filter(({ keptAt }) => keptAt !== undefined), ...before],
        whole(part),
      )
      isSame &&= now.length === shown.length && now.every((line, at) => line === shown[at])
      lines.set(part.custodian, now)
      // Under another of the person's handles it answers.
      if (part.state === "unreachable") return part
      const { earlier: _earlier, ...rest } = part
      return withEarlier(rest, now)
    }
    const { lines: own, at, handle: _handle, earlier, ...rest } = kept
    const all = withVerified(
      own,
      (earlier ?? []).map((one) => marked(one.line, one.at)),
      whole(kept),
    )
    isSame = false
    const others = isStale ? [] : (lines.get(part.custodian) ?? [])
    lines.set(part.custodian, [...others, ...all.map((line) => marked(line, line.keptAt ?? at))])
    return withEarlier({ why: KEPT, ...rest, keptAt: at }, all)
  })
  const drugs = drugsOf(history.drugs ?? [], named)
  const timeline = isSame ? history.timeline : mergeTimeline([...lines.values()].flat(), drugs)
  return { timeline, parts: filled, ...(drugs.length > 0 && { drugs }) }
}

/** What is named now, and of all else what was named before. */
function drugsOf(now: readonly CustodiansDrug[], before: readonly CustodiansDrug[]): CustodiansDrug[] {
  const nameOfDrug = ({ custodian, reference }: CustodiansDrug) => `${custodian} ${reference}`
  const named = new Set(now.map(nameOfDrug))
  return [...now, ...before.filter((one) => !named.has(nameOfDrug(one)))].slice(0, MAX_DRUGS)
}

/** @param lines with `keptAt` where they are from before the part */
function withEarlier(part: OwnHistoryPart, lines: readonly SourceLine[]): OwnHistoryPart {
  const moments = lines.flatMap(({ keptAt }) => (keptAt === undefined ? [] : [keptAt]))
  return moments.length === 0
    ? part
    : { ...part, earlier: { entries: moments.length, at: Math.min(...moments) } }
}
