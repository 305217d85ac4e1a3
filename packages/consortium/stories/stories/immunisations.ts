import { conditions, drugs, encounterTypes, vaccines } from "../codes.ts"
import { vitalSigns } from "../measures.ts"
import type { Amount, Fact, Story, Visit } from "../vocabulary.ts"
import { diagnose, observe, prescribe, vaccinate } from "../vocabulary.ts"

const birth = { ageDays: 0 }

/** Given at County on the day of birth; the clinic knows them too, one by national identifier, one without any. */
const hepatitisAtBirth = vaccinate(vaccines.hepatitisB, 1, {
  key: "hepatitis-b-1",
  national: true,
  when: birth,
})
const bcgAtBirth = vaccinate(vaccines.bcg, 1, { key: "bcg", when: birth })

function wellChild(ageDays: number, weight: Amount, height: Amount, facts: readonly Fact[]): Visit {
  return {
    title: ageDays === 0 ? "Newborn examination and vaccines" : `Well child visit, day ${ageDays}`,
    organisation: ageDays === 0 ? "county-hospital" : "community-clinic",
    when: { ageDays },
    lastsMinutes: 40,
    setting: "ambulatory",
    type: encounterTypes.wellChild,
    reason: conditions.childExamination,
    facts: [observe(vitalSigns.bodyWeight, weight), observe(vitalSigns.bodyHeight, height), ...facts],
  }
}

/** A child's first eighteen months of vaccines. */
export const immunisations: Story = {
  name: "immunisations",
  gender: "either",
  age: { days: [570, 660] },
  spreadDays: 0,
  visits: [
    wellChild(0, ["2.95", "3.70"], ["48.5", "51.5"], [hepatitisAtBirth, bcgAtBirth]),
    wellChild(
      30,
      ["3.90", "4.80"],
      ["52.5", "56.0"],
      [hepatitisAtBirth, bcgAtBirth, vaccinate(vaccines.hepatitisB, 2)],
    ),
    wellChild(
      62,
      ["4.90", "5.90"],
      ["56.5", "60.0"],
      [vaccinate(vaccines.polio, 1), vaccinate(vaccines.dtap, 1), vaccinate(vaccines.pneumococcal, 1)],
    ),
    wellChild(
      123,
      ["6.20", "7.40"],
      ["61.5", "65.5"],
      [vaccinate(vaccines.polio, 2), vaccinate(vaccines.dtap, 2), vaccinate(vaccines.pneumococcal, 2)],
    ),
    wellChild(
      184,
      ["7.10", "8.40"],
      ["65.5", "69.5"],
      [vaccinate(vaccines.hepatitisB, 3), vaccinate(vaccines.dtap, 3), vaccinate(vaccines.polio, 3)],
    ),
    wellChild(
      245,
      ["7.70", "9.10"],
      ["68.0", "72.5"],
      [vaccinate(vaccines.mmr, 1), vaccinate(vaccines.japaneseEncephalitis, 1)],
    ),
    wellChild(
      366,
      ["8.80", "10.40"],
      ["73.0", "78.0"],
      [vaccinate(vaccines.varicella, 1), vaccinate(vaccines.pneumococcal, 3)],
    ),
    {
      title: "Fever and cough",
      organisation: "county-hospital",
      when: { ageDays: 431 },
      lastsMinutes: 90,
      setting: "emergency",
      type: encounterTypes.emergency,
      reason: conditions.upperRespiratoryInfection,
      facts: [
        diagnose(conditions.upperRespiratoryInfection, { status: "resolved" }),
        observe(vitalSigns.bodyTemperature, ["38.6", "39.4"]),
        observe(vitalSigns.oxygenSaturation, ["96", "99"]),
        prescribe(drugs.paracetamol, ["120", "140"], { timesPerDay: 3, status: "completed" }),
      ],
    },
    wellChild(
      549,
      ["10.20", "12.00"],
      ["79.5", "84.5"],
      [vaccinate(vaccines.mmr, 2), vaccinate(vaccines.dtap, 4), vaccinate(vaccines.hepatitisA, 1)],
    ),
  ],
}
