import { isObject, type JsonObject } from "@aceso/core"
import { type Account, type Accounted, nameOf } from "./exports-account.ts"
import { type ExportFile, writtenIn } from "./exports-files.ts"
import { asWritten, valueTokens } from "./exports-prints.ts"
import type { Run } from "./exports-run.ts"
import { patientNamed, referencesOf } from "./exports-sent.ts"
import { type Lying, OWN } from "./exports-vault.ts"

/** What must not be found of any data, each as lines that name what is wrong. */

export const lost = ({ resources }: Account): string[] =>
  resources.filter(({ state }) => state === "missing").map(nameOf)

/** Files that were neither taken nor refused. */
export const unsaid = ({ unreadable }: Account): string[] =>
  unreadable.filter(({ reasons }) => reasons.length === 0).map(({ where }) => where)

/** Elements of other FHIR versions without which a resource says the contrary in R4, or whose it is. */
const OTHER_VERSIONS = new Set([
  "Immunization.notGiven",
  "Immunization.wasNotGiven",
  "Procedure.notDone",
  "Procedure.notPerformed",
  "MedicationAdministration.notGiven",
  "MedicationAdministration.wasNotGiven",
  "MedicationStatement.taken",
  "MedicationStatement.wasNotTaken",
  "MedicationStatement.patient",
  "Communication.notDone",
  "Condition.patient",
  "Encounter.patient",
  "Consent.subject",
])

/** What another FHIR version says and R4 does not, taken for R4. */
export const misread = ({ lying }: Run): string[] =>
  lying.flatMap(({ type, id, resource }) =>
    Object.keys(resource).flatMap((name) =>
      OTHER_VERSIONS.has(`${type}.${name}`) ? [`${type}/${id} has ${name}`] : [],
    ),
  )

const NOT_TAKEN: ReadonlySet<string> = new Set(["left out", "older"])

/** Files whose summary tells another number of resources than they hold. */
export function miscounted({ resources }: Account, { said }: Run): string[] {
  return [...Map.groupBy(resources, ({ one }) => one.where)].flatMap(([where, all]) => {
    const answer = said[0].get(where)
    if (!answer || answer.isKnown) return []
    const taken = all.filter(({ state }) => !state.startsWith("refused") && !NOT_TAKEN.has(state)).length
    return answer.taken === taken ? [] : [`${where}: ${taken} taken of ${all.length}, ${answer.taken} told`]
  })
}

/** What names a patient and lies where no command shows it. */
export const hidden = ({ lying, unfiled }: Run): string[] =>
  lying.flatMap(({ type, id, isNewestIn, resource }) => {
    const [named] = patientNamed(resource)
    const isHidden = named !== undefined && isNewestIn.includes(OWN) && !unfiled.has(`${type}/${id}`)
    return isHidden ? [`${type}/${id} names ${JSON.stringify(named)}`] : []
  })

/** Records that do not stand with the patient whom they name, or stand with one whom they do not name. */
export function misfiled({ resources, sent }: Account, { lying }: Run): string[] {
  const people = new Map<string, Set<string>>()
  for (const { type, print, where } of lying)
    if (type === "Patient")
      for (const name of where) people.set(name, (people.get(name) ?? new Set<string>()).add(print))
  const isOne = (name: string, prints: ReadonlySet<string>) =>
    [...(people.get(name) ?? [])].some((print) => prints.has(print))
  const wrong: string[] = []
  // Equal resources about several patients have one print: where they stand is told of them together.
  for (const equal of Map.groupBy(
    resources,
    ({ one, print }) => `${one.resource.resourceType} ${print}`,
  ).values()) {
    const taken = equal.filter(({ state }) => state === "patient")
    if (taken.length === 0 || taken[0].one.resource.resourceType === "Patient") continue
    const places = new Set(
      taken
        .flatMap(({ lying }) => lying)
        .flatMap(({ where }) => where)
        .filter((name) => name !== OWN),
    )
    const mean = (one: Accounted, reference: object) => sent.patients(one.one, reference as never)
    for (const one of taken)
      for (const reference of patientNamed(one.one.resource)) {
        const prints = mean(one, reference)
        const isHere = [...people.keys()].some((name) => isOne(name, prints))
        if (isHere && ![...places].some((name) => isOne(name, prints)))
          wrong.push(`not with its patient: ${nameOf(one)}`)
      }
    const named = new Set(
      equal.flatMap((one) =>
        referencesOf(one.one.resource).flatMap((reference) => [...mean(one, reference)]),
      ),
    )
    if (named.size > 0 && [...places].some((name) => !isOne(name, named)))
      wrong.push(`with a patient whom it does not name: ${nameOf(taken[0])}`)
  }
  return wrong
}

/** Observations of which a value is not stored as it was written. */
export function changedValues(
  { resources }: Account,
  { lying }: Run,
  files: readonly ExportFile[],
): string[] {
  const stored = new Set(
    lying.filter(({ type }) => type === "Observation").map(({ text }) => valueTokens(asWritten(text))),
  )
  const byFile = new Map(files.map((file) => [file.where, file]))
  return [...Map.groupBy(resources, ({ one }) => one.where)].flatMap(([where, all]) => {
    const observations = all.filter(
      ({ one, lying }) => one.resource.resourceType === "Observation" && lying.length > 0,
    )
    if (observations.length === 0) return []
    const written = writtenIn(byFile.get(where) as ExportFile)
    return observations.filter(({ one }) => !stored.has(valueTokens(written(one.index)))).map(nameOf)
  })
}

/** Files of which a second import of everything, by the same command, stores something. */
export const storedAgain = ({ said }: Run): string[] =>
  [...said[1]].flatMap(([where, { stored, people }]) =>
    stored > 0 || people > 0 ? [`${where}: ${stored} stored, ${people} people`] : [],
  )

/** Whether it refers to one of these ids, or names a patient by one of these numbers. */
const leadsTo = ({ one }: Accounted, names: ReadonlySet<string>) =>
  patientNamed(one.resource).some((named) => numbersOf(named).some((number) => names.has(number))) ||
  referencesOf(one.resource).some(({ reference }) =>
    names.has(String(reference).split("/").slice(-2).join("/")),
  )

const numbersOf = ({ identifier }: JsonObject): string[] =>
  [identifier]
    .flat()
    .filter(isObject)
    .map(({ system, value }) => `${system}|${value}`)

/** The ids of which files contradict each other, and the numbers of those persons. */
function unsureOf(resources: readonly Accounted[]): ReadonlySet<string> {
  const names = contradicted(resources)
  const people = resources.filter(
    (one) => one.one.resource.resourceType === "Patient" && sentAs(one).some((name) => names.has(name)),
  )
  return new Set([...names, ...people.flatMap(({ one }) => numbersOf(one.resource))])
}

const sentAs = ({ one: { resource } }: Accounted) => [`${resource.resourceType}/${resource.id}`]

/** Names of which the files say several things: files of one maker that contradict each other. */
export function contradicted(
  resources: readonly Accounted[],
  namesOf: (one: Accounted) => readonly string[] = sentAs,
  saidOf = ({ print, references }: Accounted) => `${print} ${references}`,
): ReadonlySet<string> {
  const said = new Map<string, Set<string>>()
  for (const one of resources)
    for (const name of namesOf(one)) said.set(name, (said.get(name) ?? new Set<string>()).add(saidOf(one)))
  return new Set([...said].flatMap(([name, all]) => (all.size > 1 ? [name] : [])))
}

/**
 * Contents of which the files say one thing alone, whatever else is there: whose they are, that this is one person, and
 * nothing by a condition. Of a file that is taken as a whole it is so of all or of none.
 */
export function certain({ resources }: Account): ReadonlySet<string> {
  const unsure = unsureOf(resources)
  const moved = contradicted(resources, sentAs, ({ references }) => references)
  const isUnsure = (one: Accounted) => {
    const names = one.one.resource.resourceType === "Patient" ? unsure : moved
    return (
      one.one.isConditional === true || sentAs(one).some((name) => names.has(name)) || leadsTo(one, unsure)
    )
  }
  const unsureFiles = new Set(resources.filter(isUnsure).map(({ one }) => one.where))
  const [found, not] = [new Set<string>(), new Set<string>()]
  for (const one of resources) {
    const isNot = one.one.isWhole === true ? unsureFiles.has(one.one.where) : isUnsure(one)
    ;(isNot ? not : found).add(`${one.one.resource.resourceType} ${one.print}`)
  }
  return found.difference(not)
}

/**
 * What lies otherwise in one vault than in another, without ids and versions.
 * @param of the contents that are compared, as `Type print`
 */
export function differences(
  one: readonly Lying[],
  other: readonly Lying[],
  of?: ReadonlySet<string>,
): string[] {
  const [places, others] = [placesOf(one), placesOf(other)]
  return [...new Set([...places.keys(), ...others.keys()])]
    .filter((name) => of?.has(name) ?? true)
    .flatMap((name) => {
      const [before, after] = [places.get(name), others.get(name)]
      return before?.where === after?.where
        ? []
        : [`${(before ?? after)?.id}: ${before?.where ?? "nowhere"}, then ${after?.where ?? "nowhere"}`]
    })
}

/** Where each content stands: in how many people's records, and whether in the custodian's own. */
function placesOf(lying: readonly Lying[]): Map<string, { readonly id: string; readonly where: string }> {
  const stillOwn = new Set(
    lying.flatMap(({ type, id, isNewestIn }) => (isNewestIn.includes(OWN) ? [`${type}/${id}`] : [])),
  )
  return new Map(
    [...Map.groupBy(lying, ({ type, print }) => `${type} ${print}`)].map(([name, all]) => {
      const people = new Set(all.flatMap(({ where }) => where).filter((place) => place !== OWN)).size
      const isOwn = all.some(({ type, id, where }) => where.includes(OWN) && stillOwn.has(`${type}/${id}`))
      return [name, { id: `${all[0].type}/${all[0].id}`, where: `${people} people${isOwn ? ", own" : ""}` }]
    }),
  )
}
