import { clinicalTime } from "../clinical.ts"
import { asList, asText, isObject, type Json, type JsonObject } from "../json.ts"
import {
  absentOf,
  codingsOf,
  conceptText,
  identifierText,
  joined,
  listed,
  present,
  quantityText,
  rangeText,
  scalarText,
} from "./datatypes.ts"
import { ALWAYS, DETAILS, FALLBACK } from "./details.table.ts"
import { dosageText } from "./medication.ts"
import { elementsOf, membersOf } from "./members.ts"
import { narrativeText } from "./narrative.ts"
import { labelOf, valueText } from "./value.ts"
import { absentReasons, entryOf, interpretations, labels, english as words } from "./words.ts"

/** All that is shown of a resource beside its title, one text for each element. @param title where that stands */
export function detailsOf(resource: JsonObject, title: readonly string[]): string[] {
  const type = asText(resource.resourceType) ?? ""
  const there = new Set(Object.keys(resource).flatMap(elementsOf))
  const isThere = (path: string) => there.has(path) || (path.includes(".") && there.has(path.split(".")[0]))
  const paths = [...(entryOf(DETAILS, type) ?? FALLBACK), ...ALWAYS].filter(isThere)
  return present(paths.filter((path) => !title.includes(path)).map((path) => detail(resource, path)))
}

function detail(resource: JsonObject, path: string): string | undefined {
  const [holder, name] = path.includes(".") ? path.split(".") : [undefined, path]
  const from = holder === undefined ? resource : resource[holder]
  if (!isObject(from)) return undefined
  const special = SPECIAL[name]
  if (special) return special(from)
  return labelled(name, choiceText(from, name))
}

const labelled = (name: string, text: string | undefined): string | undefined =>
  // Some backbone elements hold an element of their own name, such as Claim.diagnosis.
  text === undefined
    ? undefined
    : `${labels[name] ?? labelOf(name)} ${text.startsWith(`${name} `) ? text.slice(name.length + 1) : text}`

/** An element by its name; of a choice element, such as `value[x]`, by its name and a type. */
export function choiceText(from: JsonObject, name: string): string | undefined {
  return joined(membersOf(from, name).map((key) => valueText(from[key]) ?? absentOf(from[`_${key}`])))
}

/** A time that is a point stands before the title already; one that lasts is said whole. */
function longTime(from: JsonObject, name: string): string | undefined {
  const text = choiceText(from, name)
  return text === clinicalTime(from) ? undefined : labelled(name, text)
}

const SPECIAL: Readonly<Record<string, (from: JsonObject) => string | undefined>> = {
  value: (from) => choiceText(from, "value"),
  dataAbsentReason: ({ dataAbsentReason }) => absentText(dataAbsentReason),
  interpretation: ({ interpretation }) => interpretationsText(interpretation),
  referenceRange: (from) => rangesText(from),
  component: ({ component }) => joined(asList(component).filter(isObject).map(componentText), "; "),
  onset: (from) => longTime(from, "onset"),
  effective: (from) => longTime(from, "effective"),
  performed: (from) => longTime(from, "performed"),
  occurrence: (from) => longTime(from, "occurrence"),
  reaction: ({ reaction }) => labelled("reaction", joined(listed(reaction).map(reactionText), "; ")),
  dosage: ({ dosage }) => dosagesText(dosage),
  dosageInstruction: ({ dosageInstruction }) => dosagesText(dosageInstruction),
  conclusion: ({ conclusion }) => asText(conclusion),
  result: (from) => namesText(from, "result"),
  hasMember: (from) => namesText(from, "hasMember"),
  derivedFrom: (from) => namesText(from, "derivedFrom"),
  imagingStudy: (from) => namesText(from, "imagingStudy"),
  supportingInfo: (from) => namesText(from, "supportingInfo"),
  supportingInformation: (from) => namesText(from, "supportingInformation"),
  report: (from) => namesText(from, "report"),
  detectedIssue: (from) => namesText(from, "detectedIssue"),
  timing: (from) => longTime(from, "timing"),
  identified: (from) => longTime(from, "identified"),
  start: (from) => longTime(from, "start"),
  section: ({ section }) => joined(asList(section).map(sectionText), "; "),
  series: ({ series }) => labelled("series", joined(asList(series).map(seriesText), "; ")),
  entry: ({ entry }) => labelled("entry", joined(asList(entry).map(entryText), "; ")),
  text: ({ text }) => (isObject(text) && text.status === "additional" ? additionalText(text) : undefined),
  content: ({ content }) => labelled("content", joined(listed(content).map(contentText))),
  item: (from) =>
    Array.isArray(from.item) ? joined(from.item.map(answersText), "; ") : choiceText(from, "item"),
  note: ({ note }) => notesText(note),
  period: ({ period }) => valueText(period),
}

function dosagesText(dosages: Json | undefined): string | undefined {
  return joined(listed(dosages).map(dosageText), "; ")
}

/** What happened and how bad it was stands before what was written about it: a short view ends somewhere. */
function reactionText(reaction: Json): string | undefined {
  if (!isObject(reaction)) return valueText(reaction)
  const { manifestation, severity, ...more } = reaction
  return joined([
    valueText(manifestation),
    labelled("severity", valueText(severity)),
    Object.keys(more).length > 0 ? valueText(more) : undefined,
  ])
}

function notesText(notes: Json | undefined): string | undefined {
  const text = joined(listed(notes).map(valueText), "; ")
  return text === undefined ? undefined : `${words.notes}: ${text}`
}

/** v3-ObservationInterpretation with its meaning beside it where the source gives none. */
export function interpretationsText(all: Json | undefined): string | undefined {
  return joined(
    listed(all).map((one) => {
      const [coding] = codingsOf(one)
      const code = asText(coding?.code) ?? ""
      const isBare = coding && asText(coding.display) === undefined && isObject(one) && one.text === undefined
      const meaning = isBare ? entryOf(interpretations, code) : undefined
      return meaning === undefined ? conceptText(one) : `${meaning} (${code})`
    }),
  )
}

/** What references name; of those without a name how many there are. */
function namesText(from: JsonObject, name: string): string | undefined {
  const named = listed(from[name]).map((one) =>
    isObject(one) ? (asText(one.display) ?? identifierText(one.identifier)) : undefined,
  )
  const bare = named.filter((text) => text === undefined).length
  return labelled(name, joined([...named, bare > 0 ? `${bare} ${words.unnamed}` : undefined]))
}

/** R4 2.4.1: a narrative of this status says more than the elements do. */
export function additionalText(narrative: Json | undefined): string | undefined {
  return labelled("text", narrativeText(narrative))
}

/** A section of a Composition: its text, else what it lists, and why it is empty. */
function sectionText(section: Json): string | undefined {
  if (!isObject(section)) return undefined
  const said = joined([
    narrativeText(section.text) ?? namesText(section, "entry"),
    labelled("emptyReason", conceptText(section.emptyReason)),
    ...asList(section.section).map(sectionText),
  ])
  const title = asText(section.title) ?? conceptText(section.code)
  return title !== undefined && said !== undefined ? `${title}: ${said}` : (title ?? said)
}

/** A series of an ImagingStudy: which part of which side was seen how. */
function seriesText(series: Json): string | undefined {
  if (!isObject(series)) return undefined
  const { modality, bodySite, laterality, description, numberOfInstances, specimen } = series
  const pictures = scalarText(numberOfInstances)
  return joined([
    ...[modality, bodySite, laterality, description].map(valueText),
    pictures === undefined ? undefined : `${pictures} ${words.pictures}`,
    valueText(specimen),
  ])
}

/** An entry of a List; one that was taken off it says so before anything else. */
function entryText(entry: Json): string | undefined {
  if (!isObject(entry)) return undefined
  const { deleted, item, flag, date, ...more } = entry
  return joined([
    `${deleted === true ? `[${words.gone}] ` : ""}${valueText(item) ?? "?"}`,
    valueText(flag),
    valueText(date),
    Object.keys(more).length > 0 ? valueText(more) : undefined,
  ])
}

const contentText = (content: Json): string | undefined =>
  valueText(isObject(content) && content.attachment !== undefined ? content.attachment : content)

/** Questions of a QuestionnaireResponse with their answers; the heading of a group stands before its questions. */
function answersText(item: Json): string | undefined {
  if (!isObject(item)) return undefined
  const answers = asList(item.answer).filter(isObject)
  const said = joined(answers.map((one) => choiceText(one, "value")))
  const inside = joined(
    [item, ...answers].flatMap((one) => asList(one.item).map(answersText)),
    "; ",
  )
  const question = asText(item.text) ?? asText(item.linkId) ?? "?"
  const answered = said === undefined ? question : `${question} ${said}`
  if (inside === undefined) return said === undefined ? undefined : answered
  return `${answered}: (${inside})`
}

export function absentText(reason: Json | undefined): string | undefined {
  const [coding] = codingsOf(reason)
  const isBare = isObject(reason) && reason.text === undefined && asText(coding?.display) === undefined
  const text =
    (isBare ? entryOf(absentReasons, asText(coding?.code) ?? "") : undefined) ?? conceptText(reason)
  return text === undefined ? undefined : `${words.absent}: ${text}`
}

/** A component says what an Observation says, within one line. */
function componentText(component: JsonObject): string {
  const facts = joined([
    choiceText(component, "value"),
    absentText(component.dataAbsentReason),
    interpretationsText(component.interpretation),
    rangesText(component),
  ])
  return `${conceptText(component.code) ?? "?"} ${facts ?? words.absent}`
}

function rangesText({ referenceRange }: JsonObject): string | undefined {
  const ranges = asList(referenceRange)
    .filter(isObject)
    .map((one) => {
      const limits = rangeText({ low: one.low ?? null, high: one.high ?? null }) ?? quantityText(one.value)
      const text = asText(one.text)
      const age = rangeText(one.age)
      return joined([
        limits,
        text === limits ? undefined : text,
        conceptText(one.type),
        ...asList(one.appliesTo).map(conceptText),
        age === undefined ? undefined : `age ${age}`,
      ])
    })
  const all = joined(ranges, "; ")
  return all === undefined ? undefined : `${words.reference} ${all}`
}
