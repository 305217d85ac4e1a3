import { conditions, drugs, encounterTypes, procedures } from "../codes.ts"
import { laboratoryTests as lab, vitalSigns } from "../measures.ts"
import type { Amount, Fact, Story, Visit } from "../vocabulary.ts"
import { bloodPressure, diagnose, observe, perform, prescribe } from "../vocabulary.ts"

const onset = { daysAgo: 3640 }
const review = { daysAgo: 245 }

const diabetes2 = diagnose(conditions.type2Diabetes, { key: "diabetes", national: true, when: onset })
const metformin = prescribe(drugs.metformin, "500", {
  key: "metformin",
  national: true,
  when: onset,
  timesPerDay: 2,
})
const reviewHba1c = observe(lab.hba1c, "7.8", { key: "review-hba1c", when: review })
const reviewRatio = observe(lab.albuminCreatinineRatio, ["34", "62"], { key: "review-ratio", when: review })

function clinicReview(daysAgo: number, hba1c: Amount, more: readonly Fact[] = []): Visit {
  return {
    title: "Diabetes review",
    organisation: "community-clinic",
    when: { daysAgo },
    lastsMinutes: 30,
    setting: "ambulatory",
    type: encounterTypes.checkUp,
    reason: conditions.type2Diabetes,
    facts: [
      observe(lab.hba1c, hba1c),
      bloodPressure(["128", "146"], ["76", "90"]),
      observe(vitalSigns.bodyWeight, ["72.0", "84.0"]),
      ...more,
    ],
  }
}

function hospitalReview(daysAgo: number, facts: readonly Fact[]): Visit {
  return {
    title: "Annual diabetes review with eye examination",
    organisation: "city-hospital",
    when: { daysAgo },
    lastsMinutes: 120,
    setting: "ambulatory",
    type: encounterTypes.checkUp,
    reason: conditions.type2Diabetes,
    facts: [perform(procedures.retinopathyScreening), perform(procedures.footExamination), ...facts],
  }
}

/** Ten years of type 2 diabetes: the series at the clinic, the complications at City. */
export const diabetes: Story = {
  name: "diabetes",
  gender: "either",
  age: { years: [55, 72] },
  spreadDays: 10,
  visits: [
    clinicReview(
      3640,
      ["8.4", "9.6"],
      [diabetes2, metformin, observe(vitalSigns.bodyHeight, ["158", "174"])],
    ),
    clinicReview(3280, ["6.8", "7.4"]),
    hospitalReview(2900, [diabetes2, metformin, observe(lab.albuminCreatinineRatio, ["8", "19"])]),
    clinicReview(2540, ["6.9", "7.5"], [prescribe(drugs.atorvastatin, "20")]),
    clinicReview(2170, ["7.0", "7.6"], [observe(lab.ldl, ["2.0", "3.1"])]),
    hospitalReview(1800, [
      observe(lab.albuminCreatinineRatio, ["17", "28"]),
      observe(lab.creatinine, ["66", "88"]),
    ]),
    clinicReview(1440, ["7.3", "7.9"]),
    clinicReview(1070, ["7.6", "8.2"], [prescribe(drugs.losartan, "50")]),
    hospitalReview(700, [
      diagnose(conditions.diabeticRetinopathy),
      observe(lab.albuminCreatinineRatio, ["31", "48"]),
      observe(lab.creatinine, ["70", "92"]),
    ]),
    hospitalReview(245, [reviewHba1c, reviewRatio, prescribe(drugs.empagliflozin, "10")]),
    clinicReview(
      60,
      ["7.0", "7.4"],
      // Retold from City: the ratio as it was, the HbA1c deliberately with its digits swapped.
      [reviewRatio, { ...reviewHba1c, value: "8.7" }],
    ),
  ],
}
