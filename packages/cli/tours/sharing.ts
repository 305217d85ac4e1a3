import { join } from "node:path"
import { readAnchor } from "../commands/verify.ts"
import { takingBack } from "./take-back.ts"
import type { Step, Tour, TourPlace } from "./tour.ts"

const YEAR_MS = 365 * 86_400_000

/** One patient's story. Earlier steps' results feed later ones. */
function steps({ folder, scratch, found }: TourPlace): readonly (() => Step)[] {
  const card = join(scratch, "card.json")
  const receipt = join(scratch, "receipt.aceso")
  const anchor = join(folder, "genesis.json")
  const restsOn =
    readAnchor(anchor).engine === "embedded" ? "attested by the operator alone" : "of 4 validators"
  const lastYear = new Date(Date.now() - YEAR_MS).toISOString().slice(0, 10)
  const history = ["history", card, "--as", "county-doctor", "--evidence", scratch]
  const doctor = "a doctor at County Hospital"
  const patient = "the patient, 58, with chest pain"
  return [
    () => ({
      title: "Import",
      who: "City Hospital's administrator",
      argv: ["import", join(folder, "inbox", "city-hospital"), "--as", "city-admin"],
      proves: "Originals stay in City's vault; the ledger has only 32 bytes for each record version.",
      expect: 0,
      shows: [/resources new or changed|files seen before/],
    }),
    () => ({
      title: "Request: the card",
      who: patient,
      argv: ["card", "--for", "county-hospital", "--out", card, "--as", "patient-1"],
      proves: "A card lets County ask for fifteen minutes; it does not let anybody read.",
      expect: 0,
      shows: ["city-hospital"],
    }),
    () => ({
      title: "Request: the history is refused",
      who: doctor,
      argv: [
        "request",
        "--card",
        card,
        "--purpose",
        "TREAT",
        "--reason",
        "Chest pain, emergency department",
        "--as",
        "county-doctor",
      ],
      proves:
        "County does not see that City recorded a penicillin allergy and warfarin, nor the troponin of two hours ago; its request waits for the patient.",
      expect: 1,
      shows: ["policy_missing", "pending"],
    }),
    () => ({
      title: "Approve: what waits",
      who: patient,
      argv: ["requests", "--as", "patient-1"],
      proves: "Each custodian shows the patient only its own part; the device puts them together.",
      expect: 0,
      shows: ["county-hospital", "open"],
    }),
    () => ({
      title: "Approve, narrowed",
      who: patient,
      argv: [
        "approve",
        "all",
        "--classes",
        "AllergyIntolerance,MedicationRequest,Observation,Condition,Encounter",
        "--until",
        "7d",
        "--yes",
        "--as",
        "patient-1",
      ],
      proves: "The consent is a FHIR document signed by a key that only the patient's device holds.",
      expect: 0,
      shows: ["county-hospital may read at city-hospital"],
      keeps: (result) => ({ payloadId: consentAt(result) }),
    }),
    () => ({
      title: "Approve: the doctor reads",
      who: doctor,
      argv: history,
      proves: "Each line was sealed to County, checked against the ledger, and names its source and block.",
      expect: 0,
      shows: [/[Pp]enicillin/, /[Ww]arfarin/, /[Tt]roponin/, "verified against block"],
      patienceMs: 10_000,
    }),
    () => ({
      title: "Approve: the insurer",
      who: patient,
      argv: [
        "grant",
        "--to",
        "insurer",
        "--purpose",
        "HPAYMT",
        "--classes",
        "Claim,Encounter",
        "--from",
        lastYear,
        "--until",
        "30d",
        "--yes",
        "--as",
        "patient-1",
      ],
      proves: "Another purpose, another consent: claims and encounters of the last twelve months.",
      expect: 0,
      shows: ["consent"],
    }),
    () => ({
      title: "Approve: the insurer reads",
      who: "the insurer's claims officer",
      argv: ["history", "visitor-1", "--purpose", "HPAYMT", "--as", "insurer", "--evidence", scratch],
      proves: "The insurer gets claims and encounters, and of everything else only that it is withheld.",
      expect: 0,
      shows: ["Claim", "withheld"],
      patienceMs: 10_000,
    }),
    () => ({
      title: "Lies: an insider changes a value",
      who: "an insider who holds City's vault key",
      argv: ["demo", "tamper", "--as", "city-admin"],
      proves: "The value is encrypted properly: City's own system notices nothing.",
      expect: 0,
      shows: ["->"],
    }),
    () => ({
      title: "Lies: County notices",
      who: doctor,
      argv: history,
      proves: "County names exactly this record and strikes it out: its content is not what City committed.",
      expect: 1,
      shows: ["changed_record", "not what was committed", "evidence written"],
      keeps: (result) => ({ evidence: (result as { evidence: readonly string[] }).evidence[0] }),
    }),
    () => ({
      title: "Lies: evidence",
      who: "anybody, offline",
      argv: ["verify", found.evidence ?? "", "--anchor", anchor],
      proves: "City signed what it sent, and the ledger proves what it had committed: no server is asked.",
      expect: 0,
      shows: ["evidence holds"],
    }),
    () => ({
      title: "Lies: the value is put back",
      who: "City Hospital's administrator",
      argv: ["demo", "tamper", "--undo", "--as", "city-admin"],
      proves: "With the committed value in place the record verifies again.",
      expect: 0,
      shows: ["as committed"],
    }),
    () => ({
      title: "Revoke",
      who: patient,
      argv: ["revoke", "all", "--as", "patient-1"],
      proves: "Custodians obey at once; the ledger follows.",
      expect: 0,
      shows: ["taken back"],
    }),
    () => ({
      title: "Revoke: the next fetch",
      who: doctor,
      argv: history,
      proves: "Without a consent nothing is released.",
      expect: 1,
      shows: ["policy_missing"],
    }),
    () => ({
      title: "Account",
      who: patient,
      argv: ["audit", "--as", "patient-1"],
      proves:
        "Every release and denial stands in a log on the ledger that only the patient can find again; no counter is missing.",
      expect: 0,
      shows: ["complete", "county-hospital", "insurer"],
      patienceMs: 10_000,
    }),
    () => ({
      title: "Account: a receipt",
      who: "City Hospital's administrator",
      argv: ["receipt", found.payloadId ?? "", "--out", receipt, "--as", "city-admin"],
      proves: "The patient's signed consent is in a block.",
      expect: 0,
      shows: ["receipt"],
      patienceMs: 10_000,
    }),
    () => ({
      title: "Account: the receipt, offline",
      who: "anybody, offline",
      argv: ["verify", receipt, "--anchor", anchor],
      proves: "The receipt convinces whoever trusts the founder's genesis, and says what it rests on.",
      expect: 0,
      shows: ["accepted", restsOn],
    }),
    ...["county-admin", "city-admin"].map((who) => () => ({
      title: "Verify",
      who: `${who}, on their own machine`,
      argv: ["verify", "--data", folder, "--as", who],
      proves:
        "Every block, signature, row and tree node was computed again, and the own vault compared with the ledger.",
      expect: 0,
      shows: ["verified up to block"],
      patienceMs: 10_000,
    })),
  ]
}

/** The transaction of a consent at City Hospital. */
const consentAt = (result: unknown) =>
  (result as { consents: readonly { payloadId?: string; custodian: string }[] }).consents.find(
    ({ custodian }) => custodian === "city-hospital",
  )?.payloadId

export const sharing: Tour = {
  name: "sharing",
  summary: "a patient shares a history, narrowed, and finds out who read it",
  steps,
  takeBack: async (execute) => [
    ...(await takingBack(execute, "patient-1")),
    ["demo", "tamper", "--undo", "--as", "city-admin"],
  ],
}
