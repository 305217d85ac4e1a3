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
  readonly matter: Interval | "unsure" | undefined
  readonly paperwork: Interval | "unsure" | undefined
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
const DATE_NAME = /(?:^date|Date|DateTime|Instant|On)$|^date[A-Z]/
/** Data types' own times of paperwork: Annotation.time, Attachment.creation, Signature.when. */
const PAPERWORK = new Set(["time", "creation", "when"])
const INLINE_LABEL = /\/extension-inline-sec-label$/

class Walk {
  private readonly type: string
  readonly codes: Code[] = []
  readonly labels: Code[] = []
  readonly references: string[] = []
  readonly nested: JsonObject[] = []
  private readonly hulls: Record<
    "!" | "~",
    { fromMs: number; toMs: number; isUnsure: boolean; any: boolean }
  > = {
    "!": { fromMs: Infinity, toMs: -Infinity, isUnsure: false, any: false },
    "~": { fromMs: Infinity, toMs: -Infinity, isUnsure: false, any: false },
  }

  constructor(type: string) {
    this.type = type
  }

  /** @param area what times under here date, unless the element says it; undefined: the matter */
  object(object: JsonObject, place: Place | undefined, area: Dates | undefined): void {
    if (typeof object.code === "string" && object.value === undefined) this.codes.push(toCode(object))
    for (const name of Object.keys(object)) {
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
    if (child?.isVague && value !== null) this.unsure(area ?? "!")
    if (Array.isArray(value)) for (const one of value) this.value(parent, name, one, child, area)
    else if (typeof value === "string") this.text(parent, name, value, child, area)
    else if (isObject(value)) {
      if (typeof value.resourceType === "string" || this.isInside(name)) this.nested.push(value)
      else if (isPeriod(value)) {
        this.period(value, area ?? "!")
        const { start: _, end: __, ...rest } = value
        this.object(rest, undefined, area)
      } else if (isTiming(value, name)) {
        this.timing(value, child !== undefined, area ?? "!")
        const { event: _, ...rest } = value
        this.object(rest, undefined, area)
      } else {
        if (child?.dates && !child.isVague && child.children.size === 0 && !apart.has(name) && area !== "-")
          this.unsure(area ?? "!")
        if (name === "securityLabel" || (name === "extension" && isInlineLabel(value))) this.label(value)
        this.object(value, child, area)
      }
    } else if (child?.dates && value !== null) this.unsure(area ?? "!")
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
    if (child?.dates || DATE_NAME.test(name)) this.time(value, area ?? "!")
    else if (DAY.test(value) && !TEXTS.has(name))
      this.time(value, area ?? (PAPERWORK.has(name) ? "~" : "!"), true)
  }

  /** A primitive whose value is only described, as by a reason why it is absent, is there and cannot be read. */
  private shadow(object: JsonObject, name: string, place: Place | undefined, area: Dates | undefined): void {
    const child = place?.children.get(name)
    if (child?.dates && object[name] === undefined) this.unsure(area ?? child.dates)
  }

  private period({ start, end }: JsonObject, dates: Dates): void {
    const [from, to] = [start, end].map((bound) => (bound === undefined ? undefined : read(bound)))
    if (from === null || to === null || (from === undefined && to === undefined)) this.unsure(dates)
    // What has no beginning has always been, what has no end goes on.
    else
      this.add(dates, from?.fromMs ?? -Infinity, to ? Math.max(to.toMs, from?.toMs ?? -Infinity) : Infinity)
  }

  /** @param isNeeded the element is the resource's own time, so that one without any cannot be read */
  private timing(timing: JsonObject, isNeeded: boolean, dates: Dates): void {
    const events = Array.isArray(timing.event) ? timing.event : []
    for (const event of events) this.time(event, dates)
    const repeat = isObject(timing.repeat) ? timing.repeat : undefined
    if (isObject(repeat?.boundsPeriod)) this.period(repeat.boundsPeriod, dates)
    // What is repeated from the events on without an end goes on.
    else if (repeat && events.length > 0) this.add(dates, Infinity, Infinity)
    else if (events.length === 0 && isNeeded) this.unsure(dates)
  }

  private time(value: Json, dates: Dates, mayBeText = false): void {
    if (dates === "-") return
    const range = read(value)
    if (range) this.add(dates, range.fromMs, range.toMs)
    else if (!mayBeText) this.unsure(dates)
  }

  private add(dates: Dates, fromMs: number, toMs: number): void {
    if (dates === "-") return
    const hull = this.hulls[dates]
    hull.any = true
    hull.fromMs = Math.min(hull.fromMs, fromMs)
    hull.toMs = Math.max(hull.toMs, toMs)
  }

  private unsure(dates: Dates): void {
    if (dates !== "-") this.hulls[dates].isUnsure = true
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

  hull(dates: "!" | "~"): Interval | "unsure" | undefined {
    const { fromMs, toMs, isUnsure, any } = this.hulls[dates]
    return isUnsure ? "unsure" : any ? { fromMs, toMs } : undefined
  }
}

const isInlineLabel = ({ url }: JsonObject) => typeof url === "string" && INLINE_LABEL.test(url)

const toCode = ({ system, code }: JsonObject): Code => {
  const name = asText(system)
  return name === undefined ? { code: code as string } : { system: name, code: code as string }
}

const isPeriod = ({ start, end }: JsonObject) => typeof start === "string" || typeof end === "string"

const isTiming = (value: JsonObject, name: string) =>
  Array.isArray(value.event) ||
  (isObject(value.repeat) && (name === "timing" || name === "schedule" || name.endsWith("Timing")))

/** null: no time */
function read(value: Json): Interval | null {
  if (typeof value !== "string") return null
  try {
    return dateRange(value)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** One walk over a resource, without those inside it. */
export function walk(resource: JsonObject): Walked {
  const type = asText(resource.resourceType) ?? ""
  const found = new Walk(type)
  found.object(resource, placesOf(type), undefined)
  const matter = found.hull("!")
  const isOngoing = type === "Condition" && !Object.keys(resource).some((name) => /^_?abatement/.test(name))
  return {
    codes: found.codes,
    labels: found.labels,
    references: found.references,
    nested: found.nested,
    matter: isOngoing ? ongoing(matter) : matter,
    paperwork: isOngoing ? ongoing(found.hull("~")) : found.hull("~"),
  }
}

/** R4 Condition.abatement[x]: without one, "assume that the condition is still valid". */
const ongoing = (time: Interval | "unsure" | undefined): Interval | "unsure" | undefined =>
  typeof time === "object" ? { fromMs: time.fromMs, toMs: Infinity } : time

/** Whether R4 has a resource of this type. */
export const isResourceType = (name: string): boolean => Object.hasOwn(datedElements, name)
export const resourceTypes = (): readonly string[] => Object.keys(datedElements)
