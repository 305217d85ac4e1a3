import { type TimelineEntry, timeAsWritten } from "@aceso/client"
import {
  asList,
  asText,
  clinicalTime,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
  readTime,
} from "@aceso/core"
import {
  besideValue,
  english,
  isNotSo,
  marksOf,
  type Tongue,
  visible,
  visibleAll,
} from "@aceso/core/display/index.ts"
import type { Kept } from "./records-kept.ts"
import { componentsOf, type FindIn, findIn, resourceOf, whatMeasured } from "./records-measured.ts"

/** Why a value is not wholly understood, where no words of the source say it. */
export type Doubt = "more" | "unit" | "time"

/** A value as it was sent. */
export interface CoursePoint {
  /** The record's name. */
  readonly id: string
  /** ms; undefined: no time that can be read. */
  readonly at?: number
  /** As `timeAsWritten` gives it; `until` where it lasted. */
  readonly time: string
  readonly until?: string
  /** The number as it was sent, with its comparator; the number alone where it can stand on an axis. */
  readonly text: string
  readonly value: number
  /** As sent, with the code of the unit where that says something else. */
  readonly unit: string
  /** Such as <: the value is not this number. ?: there is one, and it is not told. */
  readonly comparator?: string
  readonly low?: number
  readonly high?: number
  /** The ranges in words, with their own units and whom they are for. */
  readonly range: string
  /** What has to be read with it, such as that it is preliminary. */
  readonly said: readonly string[]
  readonly doubts: readonly Doubt[]
  readonly custodian: string
  readonly isNotSo: boolean
  readonly isVerified: boolean
  /** It is exact and final, and nothing about it is left that nobody here understands. */
  readonly isWhole: boolean
  /** ms: it is as this device kept it then. */
  readonly keptAt?: number
}

/** Values of one thing in one unit, oldest first. */
export interface Course {
  readonly key: string
  readonly name: string
  /** As its points have it. */
  readonly unit: string
  readonly points: readonly CoursePoint[]
}

const UCUM = "http://unitsofmeasure.org"

/**
 * Those that were measured more than once. Different units are never one course.
 * @param timeline in the language @returns `alone`: how many values are in none of them
 */
export function coursesOf(
  { nameOf }: Kept,
  timeline: readonly TimelineEntry[],
  language?: Tongue,
): { readonly courses: readonly Course[]; readonly alone: number } {
  const courses = new Map<string, { names: Set<string>; points: CoursePoint[] }>()
  const find = findIn(timeline)
  let alone = 0
  for (const entry of timeline) {
    const line = entry.sources[0]
    const resource = entry.resourceType === "Observation" ? resourceOf(entry) : undefined
    if (!line || !resource) continue
    const id = nameOf.get(line) ?? ""
    const measured = measuredIn(resource, entry, find, language)
    // Words, codes, and what nobody can tell by a code, have a value as well.
    if (measured.length === 0 && hasValue(resource)) alone++
    for (const { key, name, ...point } of measured) {
      const course = courses.get(key) ?? { names: new Set(), points: [] }
      course.names.add(name)
      course.points.push({
        ...point,
        id,
        custodian: line.custodian,
        isVerified: !entry.isStruckOut && line.status === "verified",
        ...(line.keptAt !== undefined && { keptAt: line.keptAt }),
      })
      courses.set(key, course)
    }
  }
  const isCourse = ({ points }: { points: readonly CoursePoint[] }) => points.filter(isPlotted).length > 1
  for (const one of courses.values()) if (!isCourse(one)) alone += one.points.length
  const shown = [...courses]
    .filter(([, one]) => isCourse(one))
    .map(([key, { names, points }]) => ({
      key,
      ...visibleAll({
        name: namesSaid([...names]),
        unit: namesSaid([...new Set(points.map(({ unit }) => unit))]),
        points: points.sort(byTime),
      }),
    }))
    .sort((a, b) => b.points.length - a.points.length || (a.name < b.name ? -1 : 1))
  return { courses: shown, alone }
}

const hasValue = (resource: JsonObject): boolean =>
  [resource, ...componentsOf(resource)].some((one) =>
    Object.keys(one).some((name) => /^value[A-Z]/.test(name)),
  )

/** What has a place on the axes: a time, and a value that is so and holds. */
export const isPlotted = ({ at, isNotSo, isVerified }: CoursePoint): boolean =>
  at !== undefined && !isNotSo && isVerified

const byTime = (a: CoursePoint, b: CoursePoint): number =>
  (a.at ?? Number.POSITIVE_INFINITY) - (b.at ?? Number.POSITIVE_INFINITY)

/** Several may call the same code by several names. */
const MAX_NAMES = 4
const namesSaid = (names: readonly string[]): string =>
  [...names.slice(0, MAX_NAMES), ...(names.length > MAX_NAMES ? ["…"] : [])].join(" / ")

interface Measured extends Omit<CoursePoint, "id" | "custodian" | "isVerified"> {
  readonly key: string
  readonly name: string
}

/** With these a value is as final as without. */
const FINAL: ReadonlySet<string> = new Set(["amended", "corrected", "appended"])

/** The value of an Observation, and those of its components. */
function measuredIn(
  resource: JsonObject,
  entry: TimelineEntry,
  find: FindIn,
  language: Tongue = english,
): Measured[] {
  const time = timeOf(resource)
  const marks = new Map(
    [...entry.marks, ...marksOf(resource)].map((mark) => [language.markText(mark), mark] as const),
  )
  const custodian = entry.sources[0]?.custodian ?? ""
  return [undefined, ...componentsOf(resource)].flatMap((part) => {
    const holder = part ?? resource
    const measured = quantityOf(holder)
    const what = measured && whatMeasured(resource, part, { custodian, find, language })
    if (!measured || !what) return []
    const { unitKey, doubts: own, ...value } = measured
    const beside = besideValue(withNotes(holder, resource), language)
    const doubts = [...own, ...time.doubts]
    return [
      {
        ...{ ...time.is, ...value, doubts, range: beside.range, said: [...marks.keys(), ...beside.remarks] },
        ...{ name: what.name, key: JSON.stringify([what.key, unitKey]) },
        isNotSo: isNotSo([...marks.values()]),
        isWhole:
          value.comparator === undefined &&
          doubts.length === 0 &&
          beside.isUnderstood &&
          [...marks.values()].every(({ key }) => FINAL.has(key)),
      },
    ]
  })
}

/** Notes and a reason for no value hold for the parts too. */
const withNotes = (holder: JsonObject, { note, dataAbsentReason }: JsonObject): JsonObject => ({
  ...(dataAbsentReason !== undefined && { dataAbsentReason }),
  ...holder,
  ...(note !== undefined && { note }),
})

/** When it was, as it was written. A month or a year is no point on an axis of days, and neither is what lasted. */
function timeOf(resource: JsonObject): {
  readonly is: Pick<CoursePoint, "at" | "time" | "until">
  readonly doubts: readonly Doubt[]
} {
  const written = clinicalTime(resource) ?? ""
  const { interval, isUnclear } = readTime(written)
  const { effectivePeriod, effectiveTiming } = resource
  const end = isObject(effectivePeriod) ? asText(effectivePeriod.end) : undefined
  const shown = (text: string) => visible(timeAsWritten({ timeText: text.slice(0, 64) }))
  const isDay = /^\d{4}-\d\d-\d\d/.test(written) && end === undefined && effectiveTiming === undefined
  return {
    is: {
      time: shown(written),
      ...(end !== undefined && end !== written && { until: shown(end) }),
      ...(interval && !isUnclear && { at: interval.fromMs }),
    },
    doubts: isDay ? [] : ["time"],
  }
}

type Quantity = Pick<CoursePoint, "text" | "value" | "unit" | "comparator" | "low" | "high" | "doubts"> & {
  readonly unitKey: string
}
/** Of a Quantity, what is read here. */
const READ = new Set(["id", "value", "comparator", "_comparator", "unit", "system", "code"])

function quantityOf(holder: JsonObject): Quantity | undefined {
  const quantity = holder.valueQuantity
  if (!isObject(quantity) || !(quantity.value instanceof JsonNumber)) return undefined
  const value = quantity.value.valueOf()
  if (!Number.isFinite(value)) return undefined
  const unit = unitOf(quantity)
  // That there is one and nobody says which is not that there is none.
  const comparator = asText(quantity.comparator) ?? (quantity._comparator === undefined ? undefined : "?")
  const isMore = Object.keys(quantity).some((name) => !READ.has(name)) || holder._valueQuantity !== undefined
  return {
    ...{ unitKey: unit.key, unit: unit.text, value },
    text: `${comparator ?? ""}${quantity.value.token}`,
    ...(comparator !== undefined && { comparator }),
    doubts: [...(isMore ? ["more" as const] : []), ...(unit.isClear ? [] : ["unit" as const])],
    ...bandOf(holder.referenceRange, unit),
  }
}

interface Unit {
  readonly key: string
  readonly text: string
  /** Its words and its code say the same. */
  readonly isClear: boolean
}

/** UCUM codes say that units are one, where their words agree with them; other units are one where they are written alike. */
function unitOf({ unit, code, system }: JsonObject): Unit {
  const [text = "", ucum] = [asText(unit) ?? asText(code), asText(code)]
  if (system !== UCUM || !ucum)
    return {
      ...{ key: `text ${JSON.stringify([asText(system) ?? "", ucum ?? "", text])}`, text },
      isClear: ucum === undefined || spelt(text) === spelt(ucum),
    }
  if (spelt(text) === spelt(ucum) || SPELLINGS[ucum]?.includes(text.trim()))
    return { key: `ucum ${ucum}`, text, isClear: true }
  return { key: `ucum ${JSON.stringify([ucum, text])}`, text: `${text} (${ucum})`, isClear: false }
}

/** A unit as people write it and its code in UCUM are one by this. */
const spelt = (unit: string): string =>
  unit
    .normalize("NFKC")
    .replace(/[\s[\]{}_^*]|^[x×](?=10)/g, "")
    .replace(/μ/g, "u")
    .replace(/(^|[/mdu])l(?![a-z])/g, "$1L")

const SPELLINGS: Readonly<Record<string, readonly string[] | undefined>> = {
  Cel: ["°C", "℃", "C", "摄氏度"],
  "[degF]": ["°F", "℉", "F"],
  "/min": ["beats/min", "beats/minute", "bpm", "breaths/min", "breaths/minute", "次/分", "次/分钟", "次/min"],
  "[lb_av]": ["lb", "lbs"],
  "[in_i]": ["in", "inches"],
  "mm[Hg]": ["毫米汞柱"],
  "meq/L": ["mEq/L"],
  kg: ["公斤", "千克"],
  cm: ["厘米"],
}

/**
 * What `low` and `high` say in the value's own unit. A range that is for some people or some purpose is no band, nor is one
 * of several, and whatever its text says beside the same numbers may say for whom it is.
 */
function bandOf(ranges: Json | undefined, unit: Unit): Pick<CoursePoint, "low" | "high"> {
  const [only, ...more] = asList(ranges)
  if (!isObject(only) || more.length > 0 || Object.keys(only).some((name) => !PLAIN.has(name))) return {}
  const inUnit = (of: Json) =>
    isObject(of) &&
    of.value instanceof JsonNumber &&
    unitOf(of).key === unit.key &&
    Object.keys(of).every((name) => READ.has(name) && !/comparator$/.test(name))
      ? of.value.valueOf()
      : undefined
  const [low, high] = [only.low, only.high].map((one) => (one === undefined ? undefined : inUnit(one)))
  const isRead =
    (low === undefined) === (only.low === undefined) && (high === undefined) === (only.high === undefined)
  if (!isRead || (low !== undefined && high !== undefined && low > high)) return {}
  const band = { ...(low !== undefined && { low }), ...(high !== undefined && { high }) }
  return only.text === undefined || isSame(asText(only.text) ?? "?", band, unit.text) ? band : {}
}
const PLAIN = new Set(["id", "low", "high", "text"])

/** Whether the words of a range are its numbers once more, and no more than them. */
function isSame(text: string, { low, high }: Pick<CoursePoint, "low" | "high">, unit: string): boolean {
  const [, between, sign, last, unitSaid = ""] = BOUNDS.exec(text.normalize("NFKC").trim()) ?? []
  if (last === undefined || (unitSaid !== "" && spelt(unitSaid) !== spelt(unit))) return false
  if (between !== undefined) return Number(between) === low && Number(last) === high
  return /[<≤]/.test(sign)
    ? low === undefined && Number(last) === high
    : high === undefined && Number(last) === low
}
const BOUNDS =
  /^(?:(\d+(?:\.\d+)?)\s{0,4}(?:[-–—~〜至到]|to)|([<>≤≥]=?))\s{0,4}(\d+(?:\.\d+)?)\s{0,4}(\D.{0,40})?$/
