import { conditions, drugs, encounterTypes, procedures } from "../codes.ts"
import { laboratoryTests as lab, vitalSigns } from "../measures.ts"
import type { Story } from "../vocabulary.ts"
import { bloodPressure, diagnose, observe, perform, prescribe } from "../vocabulary.ts"

const onset = { daysAgo: 210 }
const discharge = { daysAgo: 203 }

const embolism = diagnose(conditions.pulmonaryEmbolism, { key: "embolism", national: true, when: onset })
const rivaroxaban = prescribe(drugs.rivaroxaban, "20", {
  key: "rivaroxaban",
  national: true,
  when: discharge,
})
/** Retold by the clinic without an identifier. */
const dischargePlatelets = observe(lab.platelets, ["180", "290"], { key: "platelets", when: onset })

/** An anticoagulant after a pulmonary embolism: begun at County, kept at the clinic, reviewed at City. */
export const pulmonaryEmbolism: Story = {
  name: "pulmonary-embolism",
  gender: "female",
  age: { years: [44, 67] },
  spreadDays: 60,
  visits: [
    {
      title: "Blood pressure check",
      organisation: "community-clinic",
      when: { daysAgo: 780 },
      lastsMinutes: 20,
      setting: "ambulatory",
      type: encounterTypes.checkUp,
      reason: conditions.hypertension,
      facts: [
        diagnose(conditions.hypertension),
        bloodPressure(["142", "156"], ["86", "96"]),
        observe(vitalSigns.bodyWeight, ["61.0", "78.0"]),
        prescribe(drugs.amlodipine, "5"),
      ],
    },
    {
      title: "Pulmonary embolism, admitted",
      organisation: "county-hospital",
      when: onset,
      lastsMinutes: 7 * 24 * 60 + 600,
      setting: "inpatient",
      type: encounterTypes.admission,
      reason: conditions.pulmonaryEmbolism,
      facts: [
        embolism,
        diagnose(conditions.deepVeinThrombosis),
        perform(procedures.chestCt, { afterMinutes: 90 }),
        perform(procedures.electrocardiogram),
        observe(lab.dDimer, ["3.40", "7.80"]),
        observe(lab.troponinT, ["9", "31"]),
        observe(lab.creatinine, ["58", "86"]),
        dischargePlatelets,
        observe(vitalSigns.oxygenSaturation, ["87", "92"]),
        observe(vitalSigns.heartRate, ["102", "128"]),
        prescribe(drugs.enoxaparin, "60", { timesPerDay: 2, status: "completed" }),
        rivaroxaban,
      ],
    },
    {
      title: "After discharge: anticoagulant continued",
      organisation: "community-clinic",
      when: { daysAgo: 180 },
      lastsMinutes: 30,
      setting: "ambulatory",
      type: encounterTypes.followUp,
      reason: conditions.pulmonaryEmbolism,
      facts: [
        embolism,
        rivaroxaban,
        dischargePlatelets,
        bloodPressure(["128", "140"], ["76", "86"]),
        observe(vitalSigns.oxygenSaturation, ["95", "99"]),
      ],
    },
    {
      title: "Three months on: echocardiogram",
      organisation: "city-hospital",
      when: { daysAgo: 115 },
      lastsMinutes: 60,
      setting: "ambulatory",
      type: encounterTypes.followUp,
      reason: conditions.pulmonaryEmbolism,
      facts: [
        perform(procedures.echocardiogram),
        observe(lab.dDimer, ["0.18", "0.46"]),
        observe(lab.creatinine, ["58", "86"]),
        observe(lab.hemoglobin, ["118", "141"]),
      ],
    },
    {
      title: "Anticoagulant review",
      organisation: "community-clinic",
      when: { daysAgo: 30 },
      lastsMinutes: 30,
      setting: "ambulatory",
      type: encounterTypes.followUp,
      reason: conditions.pulmonaryEmbolism,
      facts: [
        observe(lab.creatinine, ["60", "88"]),
        observe(lab.hemoglobin, ["118", "141"]),
        bloodPressure(["126", "138"], ["74", "84"]),
      ],
    },
  ],
}
