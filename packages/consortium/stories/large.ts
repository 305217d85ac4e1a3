import { conditions, drugs, encounterTypes, procedures } from "./codes.ts"
import { laboratoryTests as lab, vitalSigns } from "./measures.ts"
import type { Fact, Story, Visit } from "./vocabulary.ts"
import { bloodPressure, diagnose, observe, perform, prescribe } from "./vocabulary.ts"

/** Patient, Organization, Practitioner, Coverage, Encounter and Claim. */
export const entriesBesideFacts = 6

const entriesPerVisit = 50
const spanDays = 10 * 365

const day: readonly Fact[] = [
  bloodPressure(["118", "152"], ["70", "94"]),
  observe(vitalSigns.heartRate, ["62", "98"]),
  observe(vitalSigns.bodyTemperature, ["36.2", "37.4"]),
  observe(vitalSigns.oxygenSaturation, ["94", "99"]),
  observe(lab.potassium, ["3.60", "5.00"]),
  observe(lab.creatinine, ["62", "104"]),
  observe(lab.hba1c, ["6.4", "8.2"]),
  observe(lab.hemoglobin, ["112", "148"]),
  observe(lab.platelets, ["140", "320"]),
  observe(lab.cReactiveProtein, ["1.0", "22.0"]),
  observe(lab.inr, ["2.0", "3.2"]),
  diagnose(conditions.type2Diabetes),
  prescribe(drugs.metformin, "500", { timesPerDay: 2 }),
  perform(procedures.electrocardiogram),
]

/** A story with exactly that many entries in its visits, each an admission of a few days. */
export function longStory(resources: number): Story {
  const visitCount = Math.max(1, Math.floor(resources / entriesPerVisit))
  const factCount = resources - visitCount * entriesBesideFacts
  if (!Number.isSafeInteger(resources) || factCount < 0) {
    throw new RangeError(`a patient has at least ${entriesBesideFacts} resources, not ${resources}`)
  }
  const visits: Visit[] = []
  let told = 0
  for (let index = 0; index < visitCount; index++) {
    const until = Math.floor((factCount * (index + 1)) / visitCount)
    visits.push(admission(10 + Math.floor((spanDays * (visitCount - 1 - index)) / visitCount), until - told))
    told = until
  }
  return { name: "large", gender: "either", age: { years: [61, 79] }, spreadDays: 0, visits }
}

function admission(daysAgo: number, factCount: number): Visit {
  const facts: Fact[] = []
  for (let index = 0; index < factCount; index++) {
    const fact = day[index % day.length]
    // Two hours apart: no two have one code and one time.
    if (fact !== undefined) facts.push({ ...fact, afterMinutes: usualMinutes + index * 120 })
  }
  return {
    title: "Admission",
    organisation: "city-hospital",
    when: { daysAgo },
    lastsMinutes: 5 * 24 * 60,
    setting: "inpatient",
    type: encounterTypes.admission,
    reason: conditions.type2Diabetes,
    facts,
  }
}

const usualMinutes = 15
