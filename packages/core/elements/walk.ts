import { dateRange } from "../clinical.ts"
import { systemName } from "../consent/systems.ts"
import { asText, isObject, type Json, JsonNumber, type JsonObject } from "../json.ts"
import { type Code, UNREADABLE } from "./code.ts"
import { apartNames, apartPaths, codeNames, datedElements } from "./r4.ts"

/** Half-open, ms. */
export interface Interval {
  readonly fromMs: number
  readonly toMs: number
  /** As it is written, whichever zone it names: what a day without a zone is compared with as well. */
  readonly written: { readonly fromMs: number; readonly toMs: number }
}

/**
 * How much more of a record is looked at. A record of which this is not enough is not understood: no permit with
 * criteria opens it, each denial with criteria closes it.
 */
export class Room {
  /** Codes, labels, times and references; a resource inside counts as ten. */
  static readonly PER_RECORD = 100_000
  private left = Room.PER_RECORD

  take(count: number): boolean {
    this.left -= count
    return this.left >= 0
  }

  get isOver(): boolean {
    return this.left < 0
  }
}
const INSIDE = 10

/** What one walk over a resource finds. Resources inside are named and not walked. */
export interface Walked {
  readonly codes: readonly Code[]
  /** Of meta.security, and wherever else a code is a label's: DocumentReference.securityLabel, Composition.confidentiality. */
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
const INLINE_LABEL = "/extension-inline-sec-label"

class Walk {
  private readonly type: string
  readonly codes: Code[] = []
  readonly labels: Code[] = []
  readonly references: string[] = []
  readonly nested: JsonObject[] = []
  /** What was found of times, read when it is asked for. */
  private readonly times: { readonly dates: Dates; readonly read: Reading; readonly value: Json }[] = []

  private readonly room: Room

  constructor(type: string, room: Room) {
    this.type = type
    this.room = room
  }

  private add<T>(list: T[], one: T, count = 1): void {
    if (this.room.take(count)) list.push(one)
  }

  /** @param area what times under here date, unless the element says it; undefined: the matter */
  object(
    object: JsonObject,
    place: Place | undefined,
    area: Dates | undefined,
    without?: ReadonlySet<string>,
  ): void {
    const code = isUnit(object) ? undefined : codeOf(object)
    if (code) this.add(this.codes, code)
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
      if (typeof value.resourceType === "string" || this.isInside(name)) this.add(this.nested, value, INSIDE)
      else if (isPeriod(value)) {
        this.found(area, readPeriod, value)
        this.object(value, undefined, area, PERIOD)
      } else if (isTiming(value)) {
        // Where it is an element of the resource itself, one without a time is one that cannot be read.
        this.found(
          area,
          child === undefined ? readHowOften : readTiming,
          value,
          1 + listOf(value.event).length,
        )
        this.object(value, undefined, area, TIMING)
      } else {
        if (child?.dates && !child.isVague && child.children.size === 0 && !apart.has(name) && area !== "-")
          this.found(area, unreadable, null)
        if (name === "securityLabel" || (name === "extension" && isInlineLabel(value))) this.label(value)
        this.object(value, child, area)
      }
    } else {
      if (child?.dates && value !== null) this.found(area, unreadable, null)
      if (name === "securityLabel" || name === "confidentiality") this.add(this.labels, UNREADABLE)
      if (value instanceof JsonNumber && codeElements.has(name) && name !== "code")
        this.add(this.codes, { code: numberText(value) })
    }
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
    if (name === "reference") this.add(this.references, value)
    // The code of a Coding was taken with its system.
    if (codeElements.has(name) && (name !== "code" || parent.code !== value))
      this.add(this.codes, { code: value })
    if (name === "confidentiality") this.add(this.labels, { code: value })
    if (name === "securityLabel") this.add(this.labels, UNREADABLE)
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

  private found(dates: Dates | undefined, read: Reading, value: Json, count = 1): void {
    if (dates !== "-") this.add(this.times, { dates: dates ?? "!", read, value }, count)
  }

  /** A Coding, a CodeableConcept, or an extension with one; what cannot be read of it is a label nevertheless. */
  label(value: Json): void {
    if (!isObject(value)) this.add(this.labels, UNREADABLE)
    else if (isInlineLabel(value)) this.label(value.valueCoding ?? null)
    else {
      const codings = Array.isArray(value.coding) ? value.coding : []
      if (codings.length === 0 || value.code !== undefined) this.add(this.labels, codeOf(value) ?? UNREADABLE)
      for (const coding of codings)
        this.add(this.labels, (isObject(coding) ? codeOf(coding) : undefined) ?? UNREADABLE)
    }
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
  a && b ? { ...hullOf(a, b), written: hullOf(a.written, b.written) } : (a ?? b)
const hullOf = (a: Span, b: Span): Span => ({
  fromMs: Math.min(a.fromMs, b.fromMs),
  toMs: Math.max(a.toMs, b.toMs),
})
type Span = Interval["written"]

const unreadable: Reading = () => "unsure"

const readTime: Reading = (value) => {
  if (typeof value !== "string") return "unsure"
  try {
    const { fromMs, toMs } = dateRange(value)
    const offsetMs = offsetOf(value)
    return { fromMs, toMs, written: { fromMs: fromMs + offsetMs, toMs: toMs + offsetMs } }
  } catch (error) {
    if (error instanceof RangeError) return "unsure"
    throw error
  }
}

/** ms; of a time that dateRange reads. */
function offsetOf(time: string): number {
  const sign = time.at(-6)
  if (time.length <= 10 || (sign !== "+" && sign !== "-")) return 0
  const minutes = Number(time.slice(-5, -3)) * 60 + Number(time.slice(-2))
  return (sign === "-" ? -minutes : minutes) * 60_000
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
  return { ...between(from, to), written: between(from?.written, to?.written) }
}

function between(from: Span | undefined, to: Span | undefined): Span {
  const fromMs = from?.fromMs ?? Number.NEGATIVE_INFINITY
  return { fromMs, toMs: to ? Math.max(to.toMs, fromMs) : Number.POSITIVE_INFINITY }
}

const NEVER: Span = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }

/** A Timing that may say how often alone, as a dosage does. */
const readHowOften: Reading = (value) => {
  const { event, repeat } = isObject(value) ? value : {}
  const events = Array.isArray(event) ? event : []
  const bounds = isObject(repeat) ? repeat.boundsPeriod : undefined
  // What is repeated from its events on, without a bound, goes on.
  const goesOn = isObject(repeat) && bounds === undefined && events.length > 0
  let hull: Interval | undefined = goesOn ? { ...NEVER, written: NEVER } : undefined
  for (const one of [...events.map(readTime), ...(bounds === undefined ? [] : [readPeriod(bounds)])]) {
    if (one === "unsure") return "unsure"
    hull = joined(hull, one)
  }
  return hull
}

const readTiming: Reading = (value) => readHowOften(value) ?? "unsure"

const isInlineLabel = ({ url }: JsonObject) => typeof url === "string" && url.endsWith(INLINE_LABEL)

/** The code of a Coding; a number is one that lost its quotes. undefined: there is none. */
function codeOf({ system, code }: JsonObject): Code | undefined {
  const text = code instanceof JsonNumber ? numberText(code) : asText(code)
  const name = asText(system)
  if (text === undefined) return code !== undefined && name !== undefined ? UNREADABLE : undefined
  return name === undefined ? { code: text } : { system: name, code: text }
}

const INTEGER = /^-?[0-9]+$/
const numberText = ({ token }: JsonNumber): string => (INTEGER.test(token) ? token : String(Number(token)))

/** Quantity.code says in which unit its value is. */
const isUnit = ({ value, system }: JsonObject): boolean =>
  value instanceof JsonNumber && (typeof system !== "string" || systemName(system) === "ucum")

const isPeriod = ({ start, end }: JsonObject) => typeof start === "string" || typeof end === "string"

/** DocumentReference.context has events too, which are no times. */
const isTiming = ({ event, repeat }: JsonObject) =>
  isObject(repeat) ||
  (Array.isArray(event) && event.length > 0 && event.every((one) => typeof one === "string"))

/** One walk over a resource, without those inside it. */
export function walk(resource: JsonObject, room: Room): Walked {
  const type = asText(resource.resourceType) ?? ""
  const found = new Walk(type, room)
  for (const meta of listOf(resource.meta))
    if (isObject(meta)) for (const label of listOf(meta.security)) found.label(label)
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

const listOf = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

/** R4 Condition.abatement[x]: without one, "assume that the condition is still valid". */
const ongoing = (time: Time): Time =>
  typeof time === "object" ? { ...goingOn(time), written: goingOn(time.written) } : time
const goingOn = ({ fromMs }: Span): Span => ({ fromMs, toMs: Number.POSITIVE_INFINITY })

/** Whether R4 has a resource of this type. */
export const isResourceType = (name: string): boolean => Object.hasOwn(datedElements, name)
export const resourceTypes = (): readonly string[] => Object.keys(datedElements)
