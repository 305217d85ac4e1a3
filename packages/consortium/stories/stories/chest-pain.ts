import { conditions, drugs, encounterTypes, penicillinAllergy, procedures, vaccines } from "../codes.ts"
import { laboratoryTests as lab, vitalSigns } from "../measures.ts"
import type { Story } from "../vocabulary.ts"
import { allergy, bloodPressure, diagnose, observe, perform, prescribe, vaccinate } from "../vocabulary.ts"

const cardiology = { daysAgo: 1100 }
const reaction = { daysAgo: 900 }
const warfarinStart = { daysAgo: 420 }

/** Known at both places, by national identifier. */
const fibrillation = diagnose(conditions.atrialFibrillation, {
  key: "atrial-fibrillation",
  national: true,
  when: cardiology,
})
const bisoprolol = prescribe(drugs.bisoprolol, "2.5", { key: "bisoprolol", national: true, when: cardiology })
const penicillin = allergy({ ...penicillinAllergy, key: "penicillin", national: true, when: reaction })
const warfarin = prescribe(drugs.warfarin, "3.0", { key: "warfarin", national: true, when: { daysAgo: 150 } })

/** Known at both places by code, time and value alone: the clinic typed it in from the discharge letter. */
const dischargePotassium = observe(lab.potassium, ["3.80", "4.60"], { key: "potassium", when: warfarinStart })

/** Atrial fibrillation on warfarin, allergic to penicillin, with chest pain: what County needs is at City. */
export const chestPain: Story = {
  name: "chest-pain",
  gender: "male",
  age: { years: [58, 58] },
  spreadDays: 12,
  visits: [
    {
      title: "Palpitations: atrial fibrillation found",
      organisation: "city-hospital",
      when: cardiology,
      lastsMinutes: 90,
      setting: "ambulatory",
      type: encounterTypes.symptom,
      reason: conditions.atrialFibrillation,
      facts: [
        fibrillation,
        diagnose(conditions.hypertension),
        perform(procedures.electrocardiogram),
        perform(procedures.echocardiogram, { afterMinutes: 50 }),
        bloodPressure(["144", "158"], ["86", "94"]),
        observe(vitalSigns.heartRate, ["96", "124"]),
        observe(vitalSigns.bodyWeight, ["74.5", "79.5"]),
        observe(lab.creatinine, ["78", "92"]),
        bisoprolol,
      ],
    },
    {
      title: "Rash after amoxicillin: penicillin allergy",
      organisation: "community-clinic",
      when: reaction,
      lastsMinutes: 30,
      setting: "ambulatory",
      type: encounterTypes.symptom,
      reason: conditions.urticaria,
      facts: [
        penicillin,
        diagnose(conditions.urticaria, { status: "resolved" }),
        prescribe(drugs.cetirizine, "10", { status: "completed" }),
      ],
    },
    {
      title: "Anticoagulation begun",
      organisation: "city-hospital",
      when: warfarinStart,
      lastsMinutes: 3 * 24 * 60,
      setting: "inpatient",
      type: encounterTypes.admission,
      reason: conditions.atrialFibrillation,
      facts: [
        prescribe(drugs.warfarin, "2.5", { status: "completed" }),
        observe(lab.inr, ["1.0", "1.2"]),
        dischargePotassium,
        observe(lab.creatinine, ["80", "94"]),
        observe(lab.inr, ["2.0", "2.4"], { afterMinutes: 2 * 24 * 60 }),
      ],
    },
    {
      title: "INR check at the clinic",
      organisation: "community-clinic",
      when: { daysAgo: 150 },
      lastsMinutes: 30,
      setting: "ambulatory",
      type: encounterTypes.followUp,
      reason: conditions.atrialFibrillation,
      facts: [
        fibrillation,
        bisoprolol,
        dischargePotassium,
        // Deliberately different: City has the same prescription as 3.0 mg.
        { ...warfarin, dose: "2.5" },
        observe(lab.inr, ["2.1", "2.9"]),
        bloodPressure(["132", "142"], ["78", "86"]),
      ],
    },
    {
      // One vaccination is there, which a visa office wants to see.
      title: "Travel advice: yellow fever vaccination",
      organisation: "city-hospital",
      when: { daysAgo: 40 },
      lastsMinutes: 30,
      setting: "ambulatory",
      type: encounterTypes.checkUp,
      reason: conditions.yellowFeverVaccination,
      facts: [vaccinate(vaccines.yellowFever, 1)],
    },
    {
      title: "Last visit: chest pain, troponin raised",
      organisation: "city-hospital",
      when: { hoursAgo: 3 },
      lastsMinutes: 165,
      setting: "emergency",
      type: encounterTypes.emergency,
      reason: conditions.chestPain,
      facts: [
        penicillin,
        warfarin,
        diagnose(conditions.chestPain),
        perform(procedures.electrocardiogram),
        bloodPressure(["146", "162"], ["84", "96"]),
        observe(vitalSigns.heartRate, ["88", "112"]),
        observe(lab.inr, ["3.1", "3.6"], { afterMinutes: 30 }),
        observe(lab.potassium, "4.10", { afterMinutes: 30 }),
        observe(lab.troponinT, ["28", "46"], { when: { hoursAgo: 2 } }),
      ],
    },
  ],
}
