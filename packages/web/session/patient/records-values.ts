import type { TimelineEntry } from "@aceso/client"
import {
  asList,
  asText,
  clinicalTime,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
  orUndefined,
  parseJson,
  readTime,
} from "@aceso/core"
import { isNotSo, marksOf, statementOf, type Tongue, visible, visibleAll } from "@aceso/core/display/index.ts"
import type { Kept } from "./records-kept.ts"

/** A value as it was sent. */
export interface CoursePoint {
  /** The record's name. */
  readonly id: string
  /** ms; undefined: no time that can be read. */
  readonly at?: number
  readonly time: string
  /** The number as it was sent, with its comparator; the number alone where it can stand on an axis. */
  readonly text: string
  readonly value: number
  /** Such as <: the value is not this number. */
  readonly comparator?: string
  readonly low?: number
  readonly high?: number
  /** The range in words, with its own unit. */
  readonly range: string
  readonly custodian: string
  readonly isNotSo: boolean
  readonly isVerified: boolean
  /** ms: it is as this device kept it then. */
  readonly keptAt?: number
}

/** Values of one code in one unit, oldest first. */
export interface Course {
  readonly key: string
  readonly name: string
  readonly unit: string
  readonly points: readonly CoursePoint[]
}

const UCUM = "http://unitsofmeasure.org"

/** Those that were measured more than once. Different units are never one course. @param timeline in the language */
export function coursesOf({ nameOf }: Kept, timeline: readonly TimelineEntry[], language?: Tongue): Course[] {
  const courses = new Map<string, { name: string; unit: string; points: CoursePoint[] }>()
  for (const entry of timeline) {
    const line = entry.sources[0]
    const resource = entry.resourceType === "Observation" ? resourceOf(entry) : undefined
    if (!line || !resource) continue
    const id = nameOf.get(line) ?? ""
    for (const { key, name, unit, ...point } of measuredIn(resource, entry, language)) {
      const course = courses.get(key) ?? { name, unit, points: [] }
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
  return [...courses]
    .filter(([, { points }]) => points.filter(isPlotted).length > 1)
    .map(([key, { name, unit, points }]) => ({
      key,
      ...visibleAll({ name, unit, points: points.sort(byTime) }),
    }))
    .sort((a, b) => b.points.length - a.points.length || (a.name < b.name ? -1 : 1))
}

/** What has a place on the axes: a time, and a value that is so and holds. */
export const isPlotted = ({ at, isNotSo, isVerified }: CoursePoint): boolean =>
  at !== undefined && !isNotSo && isVerified

const byTime = (a: CoursePoint, b: CoursePoint): number =>
  (a.at ?? Number.POSITIVE_INFINITY) - (b.at ?? Number.POSITIVE_INFINITY)

function resourceOf({ sources: [line] }: TimelineEntry): JsonObject | undefined {
  const { content } = line ?? {}
  const resource = content?.length
    ? orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
    : undefined
  return isObject(resource) ? resource : undefined
}

interface Measured extends Omit<CoursePoint, "id" | "custodian" | "isVerified"> {
  readonly key: string
  readonly name: string
  readonly unit: string
}

/** The value of an Observation, and those of its components. */
function measuredIn(resource: JsonObject, entry: TimelineEntry, language?: Tongue): Measured[] {
  const time = clinicalTime(resource) ?? ""
  const { interval, isUnclear } = readTime(time)
  const shared = {
    time: visible(time.slice(0, 64)),
    isNotSo: isNotSo(entry.marks) || isNotSo(marksOf(resource)),
    ...(interval && !isUnclear && { at: interval.fromMs }),
  }
  const title = entry.title
  const components = asList(resource.component)
    .filter(isObject)
    .map((one) => ({
      holder: one,
      name: statementOf({ resourceType: "Observation", code: one.code }, undefined, language)?.title ?? title,
    }))
  return [{ holder: resource, name: title }, ...components].flatMap(({ holder, name }) => {
    const measured = quantityOf(holder)
    return measured ? [{ ...shared, ...measured, name }] : []
  })
}

function quantityOf(holder: JsonObject): Omit<Measured, "name" | "time" | "isNotSo" | "at"> | undefined {
  const quantity = holder.valueQuantity
  const code = codeOf(holder.code)
  if (!isObject(quantity) || !(quantity.value instanceof JsonNumber) || code === undefined) return undefined
  const value = quantity.value.valueOf()
  if (!Number.isFinite(value)) return undefined
  const unit = unitOf(quantity)
  const comparator = asText(quantity.comparator)
  return {
    ...{ key: JSON.stringify([code, unit.key]), unit: unit.text, value },
    text: `${comparator ?? ""}${quantity.value.token}`,
    ...(comparator !== undefined && { comparator }),
    ...rangeOf(holder.referenceRange, unit.key),
  }
}

/** The first coding with a system; texts alone are nobody's code. */
function codeOf(concept: Json | undefined): string | undefined {
  const codings = isObject(concept) ? asList(concept.coding).filter(isObject) : []
  for (const { system, code } of codings) {
    const [of, one] = [asText(system), asText(code)]
    if (of && one) return JSON.stringify([of, one])
  }
  return undefined
}

/** UCUM codes say that units are one; other units are one where they are written alike. */
function unitOf({ unit, code, system }: JsonObject): { readonly key: string; readonly text: string } {
  const [text = "", ucum] = [asText(unit) ?? asText(code), asText(code)]
  if (system === UCUM && ucum) return { key: `ucum ${ucum}`, text }
  return { key: `text ${JSON.stringify([asText(system) ?? "", ucum ?? "", text])}`, text }
}

/** What `low` and `high` say in the value's own unit; in words whatever it is. A range for something else is not drawn. */
function rangeOf(ranges: Json | undefined, unit: string): Pick<CoursePoint, "low" | "high" | "range"> {
  const all = asList(ranges).filter(isObject)
  const [first] = all
  if (!first) return { range: "" }
  const range = all
    .map((one) => {
      const side = (of: Json | undefined) =>
        isObject(of) && of.value instanceof JsonNumber
          ? `${of.value.token} ${asText(of.unit) ?? asText(of.code) ?? ""}`.trim()
          : undefined
      const [low, high] = [side(one.low), side(one.high)]
      const bounds = low && high ? `${low} – ${high}` : low ? `≥ ${low}` : high ? `≤ ${high}` : ""
      return [bounds, asText(one.text)].filter((text) => text).join(", ")
    })
    .join("; ")
  const inUnit = (of: Json | undefined) =>
    isObject(of) && of.value instanceof JsonNumber && unitOf(of).key === unit ? of.value.valueOf() : undefined
  const [low, high] = all.length === 1 ? [inUnit(first.low), inUnit(first.high)] : []
  return { range, ...(low !== undefined && { low }), ...(high !== undefined && { high }) }
}
