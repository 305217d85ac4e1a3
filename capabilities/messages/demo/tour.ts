import { join } from "node:path"
import { takingBack } from "@aceso/cli/tours/take-back.ts"
import type { Step, Tour, TourPlace } from "@aceso/cli/tours/tour.ts"

const patient = "the patient"
const AS_PATIENT = ["--as", "patient-1"]

/** The newest line of City Hospital's audit by which County Hospital read. */
function lineOf(result: unknown): string | undefined {
  const { custodians } = result as {
    custodians: readonly {
      custodian: string
      entries: readonly { n: number; requester: string; outcome: string }[]
    }[]
  }
  const city = custodians.find(({ custodian }) => custodian === "city-hospital")
  const read = city?.entries.findLast((one) => one.requester === "county-hospital" && one.outcome === "read")
  return read && String(read.n)
}
const idOf = (result: unknown) => ({ id: (result as { id: string }).id })

/** A patient finds an access in the audit, complains, is not content with the answer, and the authority decides. */
function steps({ scratch, found }: TourPlace): readonly (() => Step)[] {
  const card = join(scratch, "card.json")
  const id = () => (found.id ?? "").slice(0, 16)
  const say = (what: string, text: string, as: string): Pick<Step, "argv" | "expect" | "shows"> => ({
    argv: ["messages", what, id(), "--text", text, "--as", as],
    expect: 0,
    shows: ["on the ledger"],
  })
  const waits = (as: string): Pick<Step, "argv" | "expect" | "shows" | "patienceMs"> => ({
    argv: ["inbox", "--as", as],
    expect: 0,
    shows: [(found.id ?? "").slice(0, 12), "aceso messages"],
    patienceMs: 10_000,
  })
  return [
    () => ({
      title: "An access: what the patient permits",
      who: patient,
      argv: [
        "grant",
        "--to",
        "county-hospital",
        "--purpose",
        "TREAT",
        "--until",
        "1d",
        "--yes",
        ...AS_PATIENT,
      ],
      proves: "For a visit that is over in a day.",
      expect: 0,
      shows: ["consent"],
    }),
    () => ({
      title: "An access: the card",
      who: patient,
      argv: ["card", "--for", "county-hospital", "--out", card, ...AS_PATIENT],
      proves: "By it County finds where the history lies.",
      expect: 0,
      shows: ["city-hospital"],
    }),
    () => ({
      title: "An access: a doctor asks",
      who: "a doctor at County Hospital",
      argv: [
        ...["request", "--card", card, "--purpose", "TREAT", "--reason", "Pain in the knee"],
        ...["--as", "county-doctor"],
      ],
      proves: "What the patient permitted already waits for nobody.",
      expect: 0,
      shows: ["city-hospital", "permitted"],
      patienceMs: 10_000,
    }),
    () => ({
      title: "An access: the whole history",
      who: "a doctor at County Hospital",
      argv: ["history", card, "--as", "county-doctor", "--evidence", scratch],
      proves: "City Hospital promises, signed, to put this access into its log on the ledger.",
      expect: 0,
      shows: ["verified against block"],
      patienceMs: 10_000,
    }),
    () => ({
      title: "The patient looks: who read?",
      who: patient,
      argv: ["audit", ...AS_PATIENT],
      proves: "The line stands there, with who, why and by which consent.",
      expect: 0,
      shows: ["county-doctor (doctor) of county-hospital", "complete"],
      patienceMs: 20_000,
      keeps: (result) => ({ line: lineOf(result) }),
    }),
    () => ({
      title: "The complaint",
      who: patient,
      argv: [
        ...["messages", "write", "--to", "city-hospital", "--line", found.line ?? ""],
        ...["--text", "Why did County read everything? I was there for my knee.", ...AS_PATIENT],
      ],
      proves:
        "On the ledger stands that somebody wrote to City Hospital, and by when it is to answer; who and what is City's alone to read.",
      expect: 0,
      shows: ["your complaint about line"],
      patienceMs: 20_000,
      keeps: idOf,
    }),
    () => ({
      title: "City Hospital's inbox",
      who: "patient relations at City",
      ...waits("city-registrar"),
      proves: "It waits for whoever's turn it is, with its deadline.",
    }),
    () => ({
      title: "City Hospital reads it",
      who: "patient relations at City",
      argv: ["messages", "show", id(), "--as", "city-registrar"],
      proves:
        "The line is the patient's own, and what the ledger has: City checked both before it took the complaint.",
      expect: 0,
      shows: ["patient-1", "about the audit at city-hospital", "my knee"],
    }),
    () => ({
      title: "City Hospital answers",
      who: "patient relations at City",
      ...say("answer", "Your consent of that day opened all of it.", "city-registrar"),
      proves: "In the word of a person of City Hospital, whom its directory on the ledger names.",
    }),
    () => ({
      title: "The patient reads the answer",
      who: patient,
      argv: ["messages", "show", id(), ...AS_PATIENT],
      proves: "Fetched from City Hospital, sealed, and held against the ledger.",
      expect: 0,
      shows: ["city-hospital (patient relations)", "opened all of it"],
      patienceMs: 10_000,
    }),
    () => ({
      title: "Not content: to the authority",
      who: patient,
      ...say("pass-on", "Nobody told me that it would be all. Was that right?", "patient-1"),
      proves: "The authority takes part from now on, and gets what the patient wrote before.",
    }),
    () => ({
      title: "The authority's inbox",
      who: "a complaints officer",
      ...waits("authority"),
      proves: "It waits there, and no more at City Hospital.",
    }),
    () => ({
      title: "The authority reads all of it",
      who: "a complaints officer",
      argv: ["messages", "show", id(), "--as", "authority"],
      proves:
        "Also City's answer, in City's own signed words. Of the patient it has City's random handle, and no name.",
      expect: 0,
      shows: ["the person", "my knee", "opened all of it", "Was that right?"],
      patienceMs: 10_000,
    }),
    () => ({
      title: "The authority asks back",
      who: "a complaints officer",
      ...say("inquire", "Was the patient shown what the consent opens?", "authority"),
      proves: "Now it is City Hospital's turn again, with a deadline of its own.",
    }),
    () => ({
      title: "City Hospital explains",
      who: "patient relations at City",
      ...say("explain", "Yes: 23 visits, before it was signed.", "city-registrar"),
      patienceMs: 10_000,
      proves: "The patient reads that as well.",
    }),
    () => ({
      title: "The authority decides",
      who: "a complaints officer",
      ...say("decide", "The access was covered. City is to offer a narrower consent first.", "authority"),
      patienceMs: 10_000,
      proves: "Nothing can be done in this case any more; the ledger has every step with its time.",
    }),
    () => ({
      title: "The patient reads the decision",
      who: patient,
      argv: ["messages", "show", id(), ...AS_PATIENT],
      proves: "All of it, by a key made for this case alone: no other case can be found by it.",
      expect: 0,
      shows: ["decided by the authority", "narrower consent first"],
      patienceMs: 10_000,
    }),
    () => ({
      title: "And in the audit",
      who: patient,
      argv: ["audit", ...AS_PATIENT],
      proves: "That the authority got City's answers stands there as well, promised and on the ledger.",
      expect: 0,
      shows: ["authority, as a part of", "what was written there in step 1 (Communication)", "complete"],
      patienceMs: 20_000,
    }),
    () => ({
      title: "What was granted is taken back",
      who: patient,
      argv: ["revoke", "all", ...AS_PATIENT],
      proves: "County reads nothing more.",
      expect: 0,
      shows: ["taken back"],
    }),
  ]
}

export const complaint: Tour = {
  name: "complaint",
  summary: "a patient complains about an access, and the authority decides",
  steps,
  takeBack: (execute) => takingBack(execute, "patient-1"),
}
