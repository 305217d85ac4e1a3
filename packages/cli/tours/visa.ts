import { takingBack } from "./take-back.ts"
import type { Step, Tour, TourPlace } from "./tour.ts"

const OFFICE = "visa-office"
const patient = "the patient, who wants to travel"
const officer = "an officer of the Visa Office"
const AS_PATIENT = ["--as", "patient-1"]

/** One vaccination is shown to an office, and nothing else. */
function steps({ scratch }: TourPlace): readonly (() => Step)[] {
  const reads = (purpose: string) => [
    ...["history", "visitor-1", "--purpose", purpose, "--as", "visa-officer", "--evidence", scratch],
  ]
  return [
    () => ({
      title: "One vaccination, and nothing else",
      who: patient,
      argv: [
        ...["grant", "--to", OFFICE, "--record", "Immunization", "--purpose", "PATRQT"],
        ...["--until", "30d", "--yes", ...AS_PATIENT],
      ],
      proves:
        "The consent names this one record by its id at City Hospital, where it lies. No other custodian signs anything.",
      expect: 0,
      shows: [/^ ?consent \w+ at city-hospital \([^()]*\) ?$/],
    }),
    () => ({
      title: "The office sees that something was shown to it",
      who: officer,
      argv: ["visitors", "--as", "visa-officer"],
      proves:
        "It learns of somebody without a name, and where to ask. It can search nobody: it has no patients.",
      expect: 0,
      shows: ["visitor-1", "city-hospital"],
    }),
    () => ({
      title: "The officer reads the vaccination",
      who: officer,
      argv: reads("PATRQT"),
      proves:
        "One record came, sealed to the office and checked against the ledger; of all others only that they are withheld.",
      expect: 0,
      shows: [/[Yy]ellow fever/, "1 released and verified against block", "withheld"],
      patienceMs: 10_000,
    }),
    () => ({
      title: "The officer asks for more",
      who: officer,
      argv: reads("TREAT"),
      proves: "City Hospital refuses, and its refusal is logged like every answer.",
      expect: 1,
      shows: ["policy_missing"],
    }),
    () => ({
      title: "The patient sees both",
      who: patient,
      argv: ["audit", ...AS_PATIENT],
      proves:
        "The reading and the refused attempt stand there, each on the ledger, with the officer's name and what for.",
      expect: 0,
      shows: [
        "visa-officer (visa officer) of visa-office, for what the patient asks for",
        "1 record (1 Immunization)",
        "denied: no consent of yours permits it",
        "complete",
      ],
      patienceMs: 20_000,
    }),
    () => ({
      title: "Revoke",
      who: patient,
      argv: ["revoke", "all", ...AS_PATIENT],
      proves: "City Hospital obeys at once; the ledger follows.",
      expect: 0,
      shows: ["taken back"],
    }),
    () => ({
      title: "The next look is refused",
      who: officer,
      argv: reads("PATRQT"),
      proves: "Without a consent nothing is released, not even what was read before.",
      expect: 1,
      shows: ["policy_missing"],
    }),
  ]
}

export const visa: Tour = {
  name: "visa",
  summary: "an office reads one vaccination by the patient's grant, and nothing else",
  steps,
  takeBack: (execute) => takingBack(execute, "patient-1"),
}
