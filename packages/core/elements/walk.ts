import { dateRange } from "../clinical.ts"
import { asText, isObject, type Json, type JsonObject } from "../json.ts"
import { apartNames, apartPaths, codeNames, datedElements } from "./r4.ts"

/** Half-open, ms. */
export interface Interval {
  readonly fromMs: number
  readonly toMs: number
}

export interface Code {
  readonly system?: string
  readonly code: string
}

/** What one walk over a resource finds. Resources inside are named and not walked. */
export interface Walked {
  readonly codes: readonly Code[]
  /** Codes that are a label's wherever they stand: of DocumentReference.securityLabel, Composition.confidentiality. */
  readonly labels: readonly Code[]
  /** Of all that dates the matter; `unsure`: some of it cannot be read as a time. */
  readonly matter: () => Interval | "unsure" | undefined
  readonly paperwork: () => Interval | "unsure" | undefined
  /** Literal references. */
  readonly references: readonly string[]
  readonly nested: readonly JsonObject[]
}

/** What a time dates: the matter, the paperwork about it, or neither. */
type Dates = "!" | "~" | "-"

/** A place in a type's tree of elements, as far as times are concerned. */
interface Place {
  dates?: Dates
  /** The element says when in words, as an age or as a length: no time can be read there. */
  isVague?: true
  readonly children: Map<string, Place>
}

const VAGUE = new Set(["Age", "Range", "Duration", "string", "CodeableConcept"])
const apart = new Set(apartNames)
const codeElements = new Set(codeNames)
const placesByType = new Map<string, Place>()

function placesOf(type: string): Place | undefined {
  if (!Object.hasOwn(datedElements, type)) return undefined
  let place = placesByType.get(type)
  if (!place) {
    place = { children: new Map() }
    for (const element of datedElements[type].split(" ").filter(Boolean)) add(place, element)
    for (const path of apartPaths)
      if (path.startsWith(`${type}.`)) add(place, `${path.slice(type.length + 1)}-`)
    placesByType.set(type, place)
  }
  return place
}

/** @param element as r4.ts writes it: `onset[dateTime|Age]!` */
function add(root: Place, element: string): void {
  const dates = element.slice(-1) as Dates
  const [path, choice] = element.slice(0, -1).split("[")
  const names = path.split(".")
  const last = names.pop() ?? ""
  let parent = root
  for (const name of names) parent = at(parent, name)
  if (choice === undefined) at(parent, last).dates = dates
  else
    for (const type of choice.replace("]", "").split("|")) {
      const place = at(parent, last + type[0].toUpperCase() + type.slice(1))
      place.dates = dates
      if (VAGUE.has(type)) place.isVague = true
    }
}

function at({ children }: Place, name: string): Place {
  const place = children.get(name) ?? { children: new Map() }
  children.set(name, place)
  return place
}

/** Elements that hold text: what looks like a day there is no element's time. */
const TEXTS = new Set(["id", "version", "display", "text", "title", "name", "description", "div", "url"])
const DAY = /^\d{4}-\d\d-\d\d(?:T|$)/
const isDay = (value: string) => value.length >= 10 && value.charCodeAt(4) === 45 && DAY.test(value)
const DATE_NAME = /(?:^date|Date|DateTime|Instant|On)$|^date[A-Z]/
const dateNames = new Map<string, boolean>()
/** Names come from records; no more of them are remembered. */
const MAX_NAMES = 2_000

function isDateName(name: string): boolean {
  const known = dateNames.get(name)
  if (known !== undefined) return known
  const is = DATE_NAME.test(name)
  if (dateNames.size < MAX_NAMES) dateNames.set(name, is)
  return is
}

/** Of a Period or a Timing, what was read as its time. */
const PERIOD: ReadonlySet<string> = new Set(["start", "end"])
const TIMING: ReadonlySet<string> = new Set(["event"])
/** Data types' own times of paperwork: Annotation.time, Attachment.creation, Signature.when. */
const PAPERWORK = new Set(["time", "creation", "when"])
const INLINE_LABEL = /\/extension-inline-sec-label$/

class Walk {
  private readonly type: string
  readonly codes: Code[] = []
  readonly labels: Code[] = []
  readonly references: string[] = []
  readonly nested: JsonObject[] = []
  /** What was found of times, read when it is asked for. */
  private readonly times: { readonly dates: Dates; readonly read: Reading; readonly value: Json }[] = []

  constructor(type: string) {
    this.type = type
  }

  /** @param area what times under here date, unless the element says it; undefined: the matter */
  object(
    object: JsonObject,
    place: Place | undefined,
    area: Dates | undefined,
    without?: ReadonlySet<string>,
  ): void {
    if (typeof object.code === "string" && object.value === undefined) this.codes.push(toCode(object))
    for (const name of Object.keys(object)) {
      if (without?.has(name)) continue
      const value = object[name]
      if (name[0] === "_") this.shadow(object, name.slice(1), place, area)
      const child = place?.children.get(name)
      const own = area ?? child?.dates ?? (child ? undefined : apart.has(name) ? "-" : undefined)
      this.value(object, name, value, child, own)
    }
  }

  private value(
    parent: JsonObject,
    name: string,
    value: Json,
    child: Place | undefined,
    area: Dates | undefined,
  ): void {
    if (child?.isVague && value !== null) this.found(area, unreadable, null)
    if (Array.isArray(value)) for (const one of value) this.value(parent, name, one, child, area)
    else if (typeof value === "string") this.text(parent, name, value, child, area)
    else if (isObject(value)) {
      if (typeof value.resourceType === "string" || this.isInside(name)) this.nested.push(value)
      else if (isPeriod(value)) {
        this.found(area, readPeriod, value)
        this.object(value, undefined, area, PERIOD)
      } else if (isTiming(value)) {
        // Where it is an element of the resource itself, one without a time is one that cannot be read.
        this.found(area, child === undefined ? readHowOften : readTiming, value)
        this.object(value, undefined, area, TIMING)
      } else {
        if (child?.dates && !child.isVague && child.children.size === 0 && !apart.has(name) && area !== "-")
          this.found(area, unreadable, null)
        if (name === "securityLabel" || (name === "extension" && isInlineLabel(value))) this.label(value)
        this.object(value, child, area)
      }
    } else if (child?.dates && value !== null) this.found(area, unreadable, null)
  }

  /** Where a resource stands, even if it does not say of which type it is. */
  private isInside(name: string): boolean {
    return (
      name === "contained" || (name === "resource" && (this.type === "Bundle" || this.type === "Parameters"))
    )
  }

  private text(
    parent: JsonObject,
    name: string,
    value: string,
    child: Place | undefined,
    area: Dates | undefined,
  ): void {
    if (name === "reference") this.references.push(value)
    // The code of a Coding was taken with its system.
    if (codeElements.has(name) && (name !== "code" || parent.code !== value)) this.codes.push({ code: value })
    if (name === "confidentiality") this.labels.push({ code: value })
    if (child?.isVague) return
    if (child?.dates || isDateName(name)) this.found(area, readTime, value)
    else if (isDay(value) && !TEXTS.has(name))
      this.found(area ?? (PAPERWORK.has(name) ? "~" : "!"), readText, value)
  }

  /** A primitive whose value is only described, as by a reason why it is absent, is there and cannot be read. */
  private shadow(object: JsonObject, name: string, place: Place | undefined, area: Dates | undefined): void {
    const child = place?.children.get(name)
    if (child?.dates && object[name] === undefined) this.found(area ?? child.dates, unreadable, null)
  }

  private found(dates: Dates | undefined, read: Reading, value: Json): void {
    if (dates !== "-") this.times.push({ dates: dates ?? "!", read, value })
  }

  private label(value: JsonObject): void {
    const codings = isInlineLabel(value)
      ? [value.valueCoding]
      : Array.isArray(value.coding)
        ? value.coding
        : [value]
    for (const coding of codings)
      if (isObject(coding) && typeof coding.code === "string") this.labels.push(toCode(coding))
  }

  hull(wanted: Dates): Time {
    let hull: Interval | undefined
    for (const { dates, read, value } of this.times) {
      if (dates !== wanted) continue
      const time = read(value)
      if (time === "unsure") return "unsure"
      hull = joined(hull, time)
    }
    return hull
  }
}

/** undefined: says no time */
type Time = Interval | "unsure" | undefined
type Reading = (value: Json) => Time

const joined = (a: Interval | undefined, b: Interval | undefined): Interval | undefined =>
  a && b ? { fromMs: Math.min(a.fromMs, b.fromMs), toMs: Math.max(a.toMs, b.toMs) } : (a ?? b)

const unreadable: Reading = () => "unsure"

const readTime: Reading = (value) => {
  if (typeof value !== "string") return "unsure"
  try {
    return dateRange(value)
  } catch (error) {
    if (error instanceof RangeError) return "unsure"
    throw error
  }
}

/** What may be text that looks like a day. */
const readText: Reading = (value) => {
  const time = readTime(value)
  return time === "unsure" ? undefined : time
}

/** What has no beginning has always been, what has no end goes on. */
const readPeriod: Reading = (value) => {
  const { start, end } = isObject(value) ? value : {}
  const from = start === undefined ? undefined : readTime(start)
  const to = end === undefined ? undefined : readTime(end)
  if (from === "unsure" || to === "unsure" || (from ?? to) === undefined) return "unsure"
  const fromMs = from?.fromMs ?? Number.NEGATIVE_INFINITY
  return { fromMs, toMs: to ? Math.max(to.toMs, fromMs) : Number.POSITIVE_INFINITY }
}

/** A Timing that may say how often alone, as a dosage does. */
const readHowOften: Reading = (value) => {
  const { event, repeat } = isObject(value) ? value : {}
  const events = Array.isArray(event) ? event : []
  const bounds = isObject(repeat) ? repeat.boundsPeriod : undefined
  // What is repeated from its events on, without a bound, goes on.
  const goesOn = isObject(repeat) && bounds === undefined && events.length > 0
  let hull: Interval | undefined = goesOn
    ? { fromMs: Number.POSITIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }
    : undefined
  for (const one of [...events.map(readTime), ...(bounds === undefined ? [] : [readPeriod(bounds)])]) {
    if (one === "unsure") return "unsure"
    hull = joined(hull, one)
  }
  return hull
}

const readTiming: Reading = (value) => readHowOften(value) ?? "unsure"

const isInlineLabel = ({ url }: JsonObject) => typeof url === "string" && INLINE_LABEL.test(url)

const toCode = ({ system, code }: JsonObject): Code => {
  const name = asText(system)
  return name === undefined ? { code: code as string } : { system: name, code: code as string }
}

const isPeriod = ({ start, end }: JsonObject) => typeof start === "string" || typeof end === "string"

/** DocumentReference.context has events too, which are no times. */
const isTiming = ({ event, repeat }: JsonObject) =>
  isObject(repeat) ||
  (Array.isArray(event) && event.length > 0 && event.every((one) => typeof one === "string"))

/** One walk over a resource, without those inside it. */
export function walk(resource: JsonObject): Walked {
  const type = asText(resource.resourceType) ?? ""
  const found = new Walk(type)
  found.object(resource, placesOf(type), undefined)
  const isOngoing = type === "Condition" && !Object.keys(resource).some((name) => /^_?abatement/.test(name))
  const time = (dates: Dates) => (isOngoing ? ongoing(found.hull(dates)) : found.hull(dates))
  return {
    codes: found.codes,
    labels: found.labels,
    references: found.references,
    nested: found.nested,
    matter: () => time("!"),
    paperwork: () => time("~"),
  }
}

/** R4 Condition.abatement[x]: without one, "assume that the condition is still valid". */
const ongoing = (time: Time): Time =>
  typeof time === "object" ? { fromMs: time.fromMs, toMs: Number.POSITIVE_INFINITY } : time

/** Whether R4 has a resource of this type. */
export const isResourceType = (name: string): boolean => Object.hasOwn(datedElements, name)
export const resourceTypes = (): readonly string[] => Object.keys(datedElements)
