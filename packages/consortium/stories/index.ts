import { buildVisits } from "./build.ts"
import { longStory } from "./large.ts"
import type { OrganisationId } from "./organisations.ts"
import { invent, medicalRecordNumber } from "./people.ts"
import { Randomness } from "./random.ts"
import { chestPain } from "./stories/chest-pain.ts"
import { diabetes } from "./stories/diabetes.ts"
import { immunisations } from "./stories/immunisations.ts"
import { pregnancy } from "./stories/pregnancy.ts"
import { pulmonaryEmbolism } from "./stories/pulmonary-embolism.ts"
import { repeatedTest } from "./stories/repeated-test.ts"
import type { Story } from "./vocabulary.ts"

/** Synthetic patients for demonstration: same seed and same now, same bytes. */

export type { OrganisationId } from "./organisations.ts"

export interface DemoVisit {
  readonly organisation: OrganisationId
  /** ISO instant. */
  readonly start: string
  readonly title: string
  /** JSON text of the transaction bundle. */
  readonly bundle: string
  /** Entries in the bundle. */
  readonly resources: number
}

export interface DemoPatient {
  readonly alias: string
  readonly story: string
  readonly nameEn: string
  readonly nameZh: string
  readonly birthDate: string
  readonly gender: "male" | "female"
  readonly identifiers: readonly { system: string; value: string }[]
  readonly organisations: readonly OrganisationId[]
  /** Oldest first. */
  readonly visits: readonly DemoVisit[]
}

const stories = [chestPain, pulmonaryEmbolism, diabetes, pregnancy, immunisations, repeatedTest] as const

/** The story of patient-<number>. */
export const storyOf = (number: number): string => (stories[(number - 1) % stories.length] ?? chestPain).name

export function demoPatients({
  seed,
  now,
  count,
}: {
  seed: string
  now: number
  count: number
}): DemoPatient[] {
  return Array.from({ length: count }, (_, index) => {
    const story = stories[index % stories.length] ?? chestPain
    const number = index + 1
    return tell(story, { seed, now, number, alias: `patient-${number}` })
  })
}

/** One patient at city-hospital with exactly that many entries in its bundles. */
export function largePatient({
  seed,
  now,
  resources,
}: {
  seed: string
  now: number
  resources: number
}): DemoPatient {
  return tell(longStory(resources), { seed, now, number: largePatientNumber, alias: "patient-large" })
}

/** Numbers are part of identifiers, so this one is no other patient's. */
const largePatientNumber = 99_999

function tell(
  story: Story,
  { seed, now, number, alias }: { seed: string; now: number; number: number; alias: string },
): DemoPatient {
  const seeded = new Randomness(`stories ${seed}`)
  const random = seeded.at("patient", number)
  const wholeSeconds = now - (now % 1000)
  const person = invent(story, { number, now: wholeSeconds, random, seeded })
  const visits = buildVisits({ story, person, now: wholeSeconds, random })
  const organisations = [...new Set(visits.map(({ organisation }) => organisation))]
  return {
    alias,
    story: story.name,
    nameEn: person.en.text,
    nameZh: person.zh.text,
    birthDate: person.birthDate,
    gender: person.gender,
    identifiers: [
      person.resident,
      ...organisations.map((organisation) => medicalRecordNumber(person, organisation, random)),
    ],
    organisations,
    visits,
  }
}
