/** Words of a Condition by which it is an allergy; hay fever and asthma are none that a drug is chosen by. */
export const ALLERGY_WORDS = /\ballergy\b|\ballergies\b|\ballergic to\b|\banaphyla|\ballergie\b|过敏|過敏/i

/** SNOMED CT findings of an allergy, and ICD-10 codes of allergy status, where a source gives no words. */
export const ALLERGIES = new Set([
  "419199007", // allergy to substance
  "416098002", // allergy to drug
  "414285001", // allergy to food
  "91936005", // allergy to penicillin
  "91935009", // allergy to peanut
  "91934008", // allergy to nut
  "91930004", // allergy to egg protein
  "300916003", // allergy to latex
  "293586001", // allergy to aspirin
  "Z88.0", // penicillin, personal history
  "Z88.1",
  "Z88.2",
  "Z88.3",
  "Z88.4",
  "Z88.5",
  "Z88.6",
  "Z88.7",
  "Z88.8",
  "Z88.9",
  "Z91.0",
])
