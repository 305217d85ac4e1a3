import { coding, systems } from "./codes.ts"
import type { Concept, Measure, Unit } from "./vocabulary.ts"

/** Observations in LOINC and UCUM. The ranges are for adults, of the laboratory kind only. */

const loinc = (code: string, display: string): Concept => [coding(systems.loinc, code, display)]
const same = (code: string): Unit => ({ unit: code, code })

function laboratory(code: Concept, unit: Unit, range: { low?: string; high?: string } = {}): Measure {
  return { code, unit, category: "laboratory", ...range }
}
function vitalSign(code: Concept, unit: Unit): Measure {
  return { code, unit, category: "vital-signs" }
}

const perLitre = same("mmol/L")

export const laboratoryTests = {
  inr: laboratory(loinc("6301-6", "INR in Platelet poor plasma by Coagulation assay"), {
    unit: "INR",
    code: "{INR}",
  }),
  potassium: laboratory(loinc("2823-3", "Potassium [Moles/volume] in Serum or Plasma"), perLitre, {
    low: "3.5",
    high: "5.1",
  }),
  troponinT: laboratory(
    loinc("67151-1", "Troponin T.cardiac [Mass/volume] in Serum or Plasma by High sensitivity method"),
    same("ng/L"),
    { high: "14" },
  ),
  creatinine: laboratory(loinc("14682-9", "Creatinine [Moles/volume] in Serum or Plasma"), same("umol/L"), {
    low: "45",
    high: "104",
  }),
  dDimer: laboratory(
    loinc("48065-7", "Fibrin D-dimer FEU [Mass/volume] in Platelet poor plasma"),
    { unit: "mg/L FEU", code: "mg/L{FEU}" },
    { high: "0.50" },
  ),
  hba1c: laboratory(loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), same("%"), {
    low: "4.0",
    high: "6.0",
  }),
  albuminCreatinineRatio: laboratory(
    loinc("9318-7", "Albumin/Creatinine [Mass Ratio] in Urine"),
    same("mg/g"),
    {
      high: "30",
    },
  ),
  ldl: laboratory(loinc("22748-8", "Cholesterol in LDL [Moles/volume] in Serum or Plasma"), perLitre, {
    high: "3.4",
  }),
  hemoglobin: laboratory(loinc("718-7", "Hemoglobin [Mass/volume] in Blood"), same("g/L"), { low: "115" }),
  platelets: laboratory(loinc("777-3", "Platelets [#/volume] in Blood by Automated count"), same("10*9/L"), {
    low: "125",
    high: "350",
  }),
  cReactiveProtein: laboratory(
    loinc("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma"),
    same("mg/L"),
    {
      high: "5.0",
    },
  ),
  fastingGlucose: laboratory(
    loinc("14771-0", "Fasting glucose [Moles/volume] in Serum or Plasma"),
    perLitre,
    {
      high: "5.1",
    },
  ),
  twoHourGlucose: laboratory(
    loinc("14995-5", "Glucose [Moles/volume] in Serum or Plasma --2 hours post 75 g glucose PO"),
    perLitre,
    { high: "8.5" },
  ),
} satisfies Record<string, Measure>

export const vitalSigns = {
  heartRate: vitalSign(loinc("8867-4", "Heart rate"), same("/min")),
  bodyWeight: vitalSign(loinc("29463-7", "Body weight"), same("kg")),
  bodyHeight: vitalSign(loinc("8302-2", "Body height"), same("cm")),
  bodyTemperature: vitalSign(loinc("8310-5", "Body temperature"), { unit: "°C", code: "Cel" }),
  // Two codes: the FHIR vital signs profile asks for the first, the method needs the second.
  oxygenSaturation: vitalSign(
    [
      ...loinc("2708-6", "Oxygen saturation in Arterial blood"),
      ...loinc("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
    ],
    same("%"),
  ),
} satisfies Record<string, Measure>

export const pregnancyMeasures = {
  gestationalAge: {
    code: loinc("11884-4", "Gestational age Estimated"),
    unit: { unit: "weeks", code: "wk" },
    category: "exam",
  },
  fundalHeight: {
    code: loinc("11881-0", "Uterus Fundal height Tape measure"),
    unit: same("cm"),
    category: "exam",
  },
  fetalHeartRate: { code: loinc("55283-6", "Fetal Heart rate"), unit: same("/min"), category: "exam" },
  biparietalDiameter: {
    code: loinc("11820-8", "Fetal Head Diameter.biparietal US"),
    unit: same("mm"),
    category: "imaging",
  },
} satisfies Record<string, Measure>

export const bloodPressurePanel = {
  panel: loinc("85354-9", "Blood pressure panel with all children optional"),
  systolic: loinc("8480-6", "Systolic blood pressure"),
  diastolic: loinc("8462-4", "Diastolic blood pressure"),
  unit: { unit: "mmHg", code: "mm[Hg]" },
}

export const bloodGroupTests = {
  abo: { code: loinc("883-9", "ABO group [Type] in Blood"), category: "laboratory" },
  rh: { code: loinc("10331-7", "Rh [Type] in Blood"), category: "laboratory" },
} as const
