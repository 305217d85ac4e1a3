import { bloodGroups, conditions, drugs, encounterTypes, procedures } from "../codes.ts"
import { bloodGroupTests, laboratoryTests as lab, pregnancyMeasures, vitalSigns } from "../measures.ts"
import type { Fact, Story, Visit } from "../vocabulary.ts"
import { bloodPressure, diagnose, finding, observe, perform, prescribe } from "../vocabulary.ts"

/** The pregnancy is told as seen at 31 weeks. */
const weeksNow = 31
const at = (week: number) => ({ daysAgo: (weeksNow - week) * 7 })

const pregnant = diagnose(conditions.normalPregnancy, { key: "pregnancy", national: true, when: at(8) })
const folicAcid = prescribe(drugs.folicAcid, "0.4", { key: "folic-acid", national: true, when: at(8) })
/** Two hospitals ask the same blood group: retold without an identifier. */
const abo = finding(bloodGroupTests.abo, bloodGroups.a, { key: "abo", when: at(12) })
const rh = finding(bloodGroupTests.rh, bloodGroups.rhNegative, { key: "rh", when: at(12) })

function prenatal(
  week: number,
  organisation: Visit["organisation"],
  { title, type = encounterTypes.prenatal }: { title: string; type?: Visit["type"] },
  facts: readonly Fact[],
): Visit {
  return {
    title: `Week ${week}: ${title}`,
    organisation,
    when: at(week),
    lastsMinutes: 150,
    setting: "ambulatory",
    type,
    reason: conditions.normalPregnancy,
    facts: [
      observe(pregnancyMeasures.gestationalAge, String(week)),
      bloodPressure(["104", "122"], ["62", "78"]),
      ...facts,
    ],
  }
}

const weight = (low: string, high: string) => observe(vitalSigns.bodyWeight, [low, high])
const heartbeat = observe(pregnancyMeasures.fetalHeartRate, ["132", "156"])

/** A pregnancy shared between the clinic, City and County: RhD negative, with gestational diabetes. */
export const pregnancy: Story = {
  name: "pregnancy",
  gender: "female",
  age: { years: [25, 36] },
  spreadDays: 6,
  visits: [
    prenatal(8, "community-clinic", { title: "first visit", type: encounterTypes.firstPrenatal }, [
      pregnant,
      folicAcid,
      weight("54.0", "58.0"),
      observe(vitalSigns.bodyHeight, ["157", "168"]),
      observe(lab.hemoglobin, ["118", "132"]),
    ]),
    prenatal(12, "city-hospital", { title: "ultrasound and blood group" }, [
      pregnant,
      perform(procedures.obstetricUltrasound),
      heartbeat,
      abo,
      rh,
    ]),
    prenatal(16, "community-clinic", { title: "check" }, [weight("56.0", "60.5"), heartbeat]),
    prenatal(22, "city-hospital", { title: "fetal anatomy" }, [
      perform(procedures.fetalAnatomyStudy),
      observe(pregnancyMeasures.biparietalDiameter, ["51.2", "56.8"]),
      folicAcid,
    ]),
    prenatal(25, "city-hospital", { title: "glucose tolerance test" }, [
      observe(lab.fastingGlucose, ["5.2", "5.6"]),
      observe(lab.twoHourGlucose, ["8.6", "9.8"], { afterMinutes: 135 }),
      diagnose(conditions.gestationalDiabetes, { afterMinutes: 140 }),
    ]),
    prenatal(28, "county-hospital", { title: "anti-D prophylaxis" }, [
      abo,
      rh,
      prescribe(drugs.antiD, "300", {
        unit: { unit: "ug", code: "ug" },
        timesPerDay: "once",
        status: "completed",
      }),
      observe(pregnancyMeasures.fundalHeight, ["26", "29"]),
    ]),
    prenatal(30, "community-clinic", { title: "check" }, [
      weight("62.0", "67.5"),
      heartbeat,
      observe(pregnancyMeasures.fundalHeight, ["28", "31"]),
      observe(lab.hemoglobin, ["106", "119"]),
    ]),
  ],
}
