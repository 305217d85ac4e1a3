import { conditions, drugs, encounterTypes, procedures } from "../codes.ts"
import { laboratoryTests as lab, vitalSigns } from "../measures.ts"
import type { Story } from "../vocabulary.ts"
import { bloodPressure, diagnose, observe, perform, prescribe } from "../vocabulary.ts"

const found = { daysAgo: 48 }

const stone = diagnose(conditions.uretericStone, {
  key: "stone",
  national: true,
  when: found,
  afterMinutes: 75,
})
const diclofenac = prescribe(drugs.diclofenac, "50", {
  key: "diclofenac",
  national: true,
  when: found,
  timesPerDay: 3,
  status: "completed",
})
/** Retold by the clinic without an identifier. */
const stoneCreatinine = observe(lab.creatinine, ["84", "98"], { key: "creatinine", when: found })

/** The same CT and the same blood tests at two hospitals within three days: neither knew of the other. */
export const repeatedTest: Story = {
  name: "repeated-test",
  gender: "male",
  age: { years: [31, 54] },
  spreadDays: 25,
  visits: [
    {
      title: "Check up",
      organisation: "community-clinic",
      when: { daysAgo: 520 },
      lastsMinutes: 25,
      setting: "ambulatory",
      type: encounterTypes.checkUp,
      reason: conditions.hypertension,
      facts: [
        diagnose(conditions.hypertension),
        bloodPressure(["138", "150"], ["84", "94"]),
        observe(vitalSigns.bodyWeight, ["68.0", "86.0"]),
        observe(lab.creatinine, ["68", "86"]),
      ],
    },
    {
      title: "Abdominal pain: CT of the abdomen",
      organisation: "county-hospital",
      when: found,
      lastsMinutes: 210,
      setting: "emergency",
      type: encounterTypes.emergency,
      reason: conditions.abdominalPain,
      facts: [
        perform(procedures.abdomenCt, { afterMinutes: 60 }),
        stone,
        stoneCreatinine,
        observe(lab.cReactiveProtein, ["6.2", "14.8"]),
        observe(lab.hemoglobin, ["138", "156"]),
        diclofenac,
      ],
    },
    {
      title: "Pain again: the CT repeated",
      organisation: "city-hospital",
      when: { daysAgo: 46 },
      lastsMinutes: 240,
      setting: "emergency",
      type: encounterTypes.emergency,
      reason: conditions.abdominalPain,
      facts: [
        perform(procedures.abdomenCt, { afterMinutes: 80 }),
        diagnose(conditions.uretericStone, { afterMinutes: 95 }),
        observe(lab.creatinine, ["84", "98"]),
        observe(lab.cReactiveProtein, ["6.0", "13.5"]),
        observe(lab.hemoglobin, ["138", "156"]),
        prescribe(drugs.tamsulosin, "0.4"),
      ],
    },
    {
      title: "Stone passed",
      organisation: "community-clinic",
      when: { daysAgo: 20 },
      lastsMinutes: 25,
      setting: "ambulatory",
      type: encounterTypes.followUp,
      reason: conditions.uretericStone,
      facts: [stone, diclofenac, stoneCreatinine, observe(lab.creatinine, ["70", "88"])],
    },
  ],
}
