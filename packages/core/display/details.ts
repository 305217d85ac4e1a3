import { clinicalTime } from "../clinical.ts"
import { asText, isObject, type Json, type JsonObject } from "../json.ts"
import { isOfType } from "./datatype.ts"
import {
  bothSay,
  codeText,
  codingsOf,
  identifierText,
  isAbsentReason,
  isInterpretation,
  joined,
  listed,
  present,
  scalarText,
} from "./datatypes.ts"
import { ALWAYS, DETAILS, FALLBACK, SITES } from "./details.table.ts"
import { dosageText } from "./medication.ts"
import { elementNames } from "./members.ts"
import { narrativeText } from "./narrative.ts"
import { english, spokenIn, type Tongue, tongue, words } from "./spoken.ts"
import { choiceText, isBackbone, labelOf, restText, valueText } from "./value.ts"
import { entryOf, perType } from "./words.ts"

/** All that is shown of a resource beside its title, one text for each element. @param title where that stands */
export function detailsOf(resource: JsonObject, title: readonly string[]): string[] {
  const { paths, places } = shownOf(asText(resource.resourceType) ?? "")
  const there = new Set<number>()
  for (const key in resource)
    for (const element of elementNames(key))
      for (const place of places.get(element) ?? NOWHERE) there.add(place)
  const texts: (string | undefined)[] = []
  for (const place of [...there].sort((a, b) => a - b))
    if (!title.includes(paths[place])) texts.push(detail(resource, paths[place]))
  return present(texts)
}

interface ShownPaths {
  readonly paths: readonly string[]
  /** Where the paths of an element, or of what it holds, stand in them. */
  readonly places: ReadonlyMap<string, readonly number[]>
}

const NOWHERE: readonly number[] = []

const shownOf = perType([DETAILS], (type): ShownPaths => {
  const paths = [...new Set([...(entryOf(DETAILS, type) ?? FALLBACK), ...ALWAYS])]
  const places = new Map<string, number[]>()
  for (const [place, path] of paths.entries()) {
    const [element] = path.split(".")
    places.set(element, [...(places.get(element) ?? []), place])
  }
  return { paths, places }
})

function detail(resource: JsonObject, path: string): string | undefined {
  const [holder, name] = path.includes(".") ? path.split(".") : [undefined, path]
  const from = holder === undefined ? resource : resource[holder]
  if (!isObject(from)) return undefined
  const special = SPECIAL[name]
  if (special) return special(from)
  return labelled(name, choiceText(from, name))
}

const labelled = (name: string, text: string | undefined): string | undefined =>
  text === undefined ? undefined : tongue.labelled(labelSaid(name), withoutName(name, text))

/** Some elements hold one of their own name, such as Claim.diagnosis: it is said once. */
function withoutName(name: string, text: string): string {
  const twice = tongue.labelled(labelOf(name), "")
  return text.startsWith(twice) ? text.slice(twice.length) : text
}

/** The name of an element as it reads before what it says. */
const labelSaid = (name: string): string => entryOf<string>(tongue.labels, name) ?? labelOf(name)

/** A time that is a point stands before the title already; one that lasts is said whole. */
function longTime(from: JsonObject, name: string): string | undefined {
  const text = choiceText(from, name)
  return text === clinicalTime(from) ? undefined : labelled(name, text)
}

/** What may be a time that lasts. */
const LONG_TIMES = ["onset", "effective", "performed", "occurrence", "timing", "identified", "start"]

/** Elements that are read as a choice with any of its types; of all others in `SPECIAL` the plain name alone. */
const CHOICES = new Set([...LONG_TIMES, "value", "item"])

/** Whether a member that holds an element of this name is said where that element is. */
export const isSaidAs = (member: string, name: string): boolean =>
  member === name || CHOICES.has(name) || !(Object.hasOwn(SPECIAL, name) || SITES.includes(name))

/** What another type calls so and is of another kind is said as any value is. */
const SPECIAL: Readonly<Record<string, (from: JsonObject) => string | undefined>> = {
  ...Object.fromEntries(LONG_TIMES.map((name) => [name, (from: JsonObject) => longTime(from, name)])),
  value: (from) => choiceText(from, "value"),
  dataAbsentReason: ({ dataAbsentReason }) => absentText(dataAbsentReason),
  interpretation: ({ interpretation }) => interpretationsText(interpretation),
  referenceRange: (from) => rangesText(from),
  component: ({ component }) => each(component, componentText),
  reaction: ({ reaction }) => labelled("reaction", each(reaction, reactionText)),
  dosage: ({ dosage }) => each(dosage, dosageText),
  dosageInstruction: ({ dosageInstruction }) => each(dosageInstruction, dosageText),
  conclusion: ({ conclusion }) => valueText(conclusion),
  result: (from) => namesText(from, "result"),
  hasMember: (from) => namesText(from, "hasMember"),
  derivedFrom: (from) => namesText(from, "derivedFrom"),
  imagingStudy: (from) => namesText(from, "imagingStudy"),
  supportingInfo: (from) => namesText(from, "supportingInfo"),
  supportingInformation: (from) => namesText(from, "supportingInformation"),
  report: (from) => namesText(from, "report"),
  detectedIssue: (from) => namesText(from, "detectedIssue"),
  section: ({ section }) => each(section, sectionText),
  series: ({ series }) => labelled("series", each(series, seriesText)),
  entry: ({ entry }) => labelled("entry", each(entry, entryText)),
  text: ({ text }) => (isOfType("Narrative", text) ? moreText(text) : labelled("text", valueText(text))),
  content: ({ content }) => labelled("content", each(content, contentText, ", ")),
  item: (from) => (Array.isArray(from.item) ? questionsText(from.item) : choiceText(from, "item")),
  note: ({ note }) => notesText(note),
  period: ({ period }) => valueText(period),
}

/** Each of a list, or the one, by the text for its objects; whatever else stands there as it is. */
const each = (
  all: Json | undefined,
  text: (one: JsonObject) => string | undefined,
  by = "; ",
): string | undefined =>
  joined(
    listed(all).map((one) => (isObject(one) ? text(one) : valueText(one))),
    by,
  )

/** What happened and how bad it was stands before what was written about it: a short view ends somewhere. */
const reactionText = (reaction: JsonObject): string | undefined =>
  reaction.manifestation === undefined
    ? valueText(reaction)
    : joined([
        valueText(reaction.manifestation),
        labelled("severity", codeText("severity", reaction.severity) ?? valueText(reaction.severity)),
        restText(reaction, ["manifestation", "severity"]),
      ])

function notesText(notes: Json | undefined): string | undefined {
  const text = joined(listed(notes).map(valueText), "; ")
  return text === undefined ? undefined : `${words.notes}${words.colon}${text}`
}

/** v3-ObservationInterpretation with its meaning beside it where the source gives none. */
export function interpretationsText(all: Json | undefined): string | undefined {
  return joined(
    listed(all).map((one) => {
      const [coding] = codingsOf(one)
      const code = asText(coding?.code) ?? ""
      const sent = isObject(one) ? (asText(one.text) ?? asText(coding?.display)) : undefined
      const isBare = coding && sent === undefined
      const isAsked = coding !== undefined && isInterpretation(coding) && (isBare || tongue.isBeside)
      const known = isAsked ? entryOf<string>(tongue.interpretations, code) : undefined
      if (known === undefined) return valueText(one)
      // The source's words stand beside ours: should the two not agree, whoever reads sees it.
      return `${known} (${isBare ? code : valueText(one)})`
    }),
  )
}

/** What references name; of those without a name how many there are. */
function namesText(from: JsonObject, name: string): string | undefined {
  const all = listed(from[name])
  const named = all.map((one) =>
    isOfType("Reference", one) ? asText(one.display) || identifierText(one.identifier) : valueText(one),
  )
  const bare = named.filter((text) => text === undefined).length
  const by = all.some(isBackbone) ? "; " : ", "
  return labelled(name, joined([...named, bare > 0 ? `${bare} ${words.unnamed}` : undefined], by))
}

const moreText = (narrative: JsonObject): string | undefined =>
  narrative.status === "additional" ? additionalText(narrative) : undefined

/** R4 2.4.1: a narrative of this status says more than the elements do. */
export function additionalText(narrative: Json | undefined): string | undefined {
  return labelled("text", narrativeText(narrative))
}

/**
 * A section of a Composition: its text, what it lists, and why it is empty. One that is about somebody else than the
 * document's subject, such as the newborn, says so, and so do those inside it (R4 Composition.section.focus).
 */
function sectionText(section: JsonObject, outer?: string): string | undefined {
  const focus = valueText(section.focus) ?? outer
  const said = joined([
    isOfType("Narrative", section.text) ? narrativeText(section.text) : valueText(section.text),
    namesText(section, "entry"),
    labelled("emptyReason", valueText(section.emptyReason)),
    restText(section, SECTION),
    each(section.section, (one) => sectionText(one, focus)),
  ])
  const [name, kind] = [valueText(section.title), valueText(section.code)]
  const named = name !== undefined && kind !== undefined ? bothSay(name, kind) : (name ?? kind)
  const title = focus === undefined ? named : `${named ?? words.section} (${tongue.labels.focus} ${focus})`
  return title !== undefined && said !== undefined ? `${title}${words.colon}${said}` : (title ?? said)
}
const SECTION = "title code text entry emptyReason section focus".split(" ")

/** A series of an ImagingStudy: which part of which side was seen how. */
function seriesText(series: JsonObject): string | undefined {
  const { modality, bodySite, laterality, description, numberOfInstances, specimen } = series
  const pictures = scalarText(numberOfInstances)
  return joined([
    ...[modality, bodySite, laterality, description].map(valueText),
    pictures === undefined ? undefined : `${pictures} ${words.pictures}`,
    valueText(specimen),
    each(series.instance, pictureText, ", "),
    restText(series, SERIES),
  ])
}
/** With what says nothing of the patient's health. */
const SERIES =
  `modality bodySite laterality description numberOfInstances specimen instance uid number endpoint started
  performer`.split(/\s+/)

const pictureText = (picture: JsonObject): string | undefined =>
  joined([valueText(picture.title), restText(picture, ["title", "uid", "sopClass", "number"])])

/** An entry of a List; one that was taken off it says so before anything else. */
function entryText(entry: JsonObject): string | undefined {
  const { deleted, item, flag, date } = entry
  return joined([
    `${deleted === true ? `[${words.gone}] ` : ""}${valueText(item) ?? "?"}`,
    valueText(flag),
    valueText(date),
    restText(entry, ["deleted", "item", "flag", "date"]),
  ])
}

const contentText = (content: JsonObject): string | undefined =>
  content.attachment === undefined
    ? valueText(content)
    : joined([valueText(content.attachment), restText(content, ["attachment", "format"])])

/** A QuestionnaireResponse: its questions with their answers, and how many have none. */
function questionsText(items: readonly Json[]): string | undefined {
  const open = items.reduce((sum: number, item) => sum + unanswered(item), 0)
  return joined(
    [
      joined(items.map(answersText), "; "),
      open === 0 ? undefined : `${open} ${open === 1 ? words.unansweredOne : words.unanswered}`,
    ],
    "; ",
  )
}

/** A question with its answers; the heading of a group stands before its questions. */
function answersText(item: Json): string | undefined {
  if (!isObject(item)) return valueText(item)
  const answers = listed(item.answer)
  const said = joined([
    ...answers.map((one) =>
      isObject(one) ? joined([choiceText(one, "value"), restText(one, ["value", "item"])]) : valueText(one),
    ),
    restText(item, [...ITEM.filter((name) => asText(item[name]) !== undefined), "answer", "item"]),
  ])
  const inside = joined(
    [item, ...answers.filter(isObject)].flatMap((one) => listed(one.item).map(answersText)),
    "; ",
  )
  const question = asText(item.text) ?? asText(item.linkId) ?? "?"
  const answered = said === undefined ? question : `${question} ${said}`
  if (inside === undefined) return said === undefined ? undefined : answered
  return `${answered}${words.colon}(${inside})`
}
const ITEM = ["linkId", "definition", "text"]

function unanswered(item: Json): number {
  if (!isObject(item)) return 0
  const answers = listed(item.answer).filter(isObject)
  const inside = [item, ...answers].flatMap((one) => listed(one.item))
  if (inside.length === 0) return answersText(item) === undefined ? 1 : 0
  return inside.reduce((sum: number, one) => sum + unanswered(one), 0)
}

export function absentText(reason: Json | undefined): string | undefined {
  const [coding] = codingsOf(reason)
  const isBare = isObject(reason) && reason.text === undefined && asText(coding?.display) === undefined
  const code = asText(coding?.code) ?? ""
  const isAsked = coding !== undefined && isAbsentReason(coding) && (isBare || tongue.isBeside)
  const own = isAsked ? entryOf<string>(tongue.absentReasons, code) : undefined
  const sent = own !== undefined && isBare ? undefined : valueText(reason)
  const text = own !== undefined && sent !== undefined ? `${own} (${sent})` : (own ?? sent)
  return text === undefined ? undefined : `${words.absent}${words.colon}${text}`
}

/** A component says what an Observation says, within one line. */
function componentText(component: JsonObject): string {
  const facts = joined([
    choiceText(component, "value"),
    absentText(component.dataAbsentReason),
    interpretationsText(component.interpretation),
    rangesText(component),
  ])
  const said = joined([facts ?? words.absent, restText(component, COMPONENT)])
  return `${valueText(component.code) ?? "?"} ${said}`
}
const COMPONENT = ["code", "value", "dataAbsentReason", "interpretation", "referenceRange"]

/** What stands beside the number of an Observation or a component of it. */
export interface BesideValue {
  readonly range: string
  /** Why there should be no value, how it was judged, and notes. */
  readonly remarks: readonly string[]
  /** Nothing of that has to be read by a person to know whether the number holds. */
  readonly isUnderstood: boolean
}

export const besideValue = (holder: JsonObject, language: Tongue = english): BesideValue =>
  spokenIn(language, () => ({
    range: onlyRanges(holder.referenceRange) ?? "",
    remarks: present([
      absentText(holder.dataAbsentReason),
      interpretationsText(holder.interpretation),
      notesText(holder.note),
    ]),
    isUnderstood:
      holder.dataAbsentReason === undefined &&
      holder.note === undefined &&
      listed(holder.interpretation).every((one) => {
        const codings = codingsOf(one)
        return codings.length > 0 && codings.every(isKnownInterpretation)
      }),
  }))

const isKnownInterpretation = (coding: JsonObject): boolean =>
  isInterpretation(coding) &&
  entryOf<string>(english.interpretations, asText(coding.code) ?? "") !== undefined

function rangesText({ referenceRange }: JsonObject): string | undefined {
  const all = onlyRanges(referenceRange)
  return all === undefined ? undefined : `${words.reference} ${all}`
}

const onlyRanges = (referenceRange: Json | undefined): string | undefined =>
  each(referenceRange, (one) => {
    const limits = valueText({ ...pick(one, "low"), ...pick(one, "high") })
    const text = valueText(one.text)
    const age = valueText(one.age)
    return joined([
      limits,
      text === limits ? undefined : text,
      valueText(one.type),
      valueText(one.appliesTo),
      age === undefined ? undefined : `${words.age} ${age}`,
      restText(one, RANGE),
    ])
  })
const RANGE = ["low", "high", "text", "type", "appliesTo", "age"]

const pick = (from: JsonObject, name: string): JsonObject =>
  from[name] === undefined ? {} : { [name]: from[name] }
