import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { takingBack } from "@aceso/cli/tours/take-back.ts"
import type { Step, Tour, TourPlace } from "@aceso/cli/tours/tour.ts"
import { texts } from "./texts.ts"

const WARFARIN = "warfarin"
const CHINESE = "warfarin-zh"
const PLAN = "anticoagulation"
const AT_COUNTY = ["--at", "county-hospital"]
const AS_PATIENT = ["--as", "patient-1"]
const AS_CITY = ["--as", "city-admin"]
const AS_AUTHORITY = ["--as", "authority"]
const patient = "the patient, 58, who takes warfarin"
const administrator = "City Hospital's administrator"

/** What is open to all, read anywhere and checked; and that protected data stay with their owner. */
function steps({ scratch, found }: TourPlace): readonly (() => Step)[] {
  const card = join(scratch, "card.json")
  const write = (name: string, text: string): string => {
    const path = join(scratch, name)
    writeFileSync(path, text)
    return path
  }
  const publish = (
    slug: string,
    [kind, title, language]: readonly [kind: string, title: string, language: string],
    file: string,
    as: readonly string[],
  ): Pick<Step, "argv" | "expect" | "shows" | "keeps"> => ({
    argv: [
      ...["library", "publish", slug, "--kind", kind, "--title", title, "--language", language],
      ...["--file", file, ...as],
    ],
    expect: 0,
    shows: ["it is on the ledger"],
    keeps: (result) => ({ version: String((result as { version: number }).version) }),
  })
  const reads = (publication: string, shows: Step["shows"]): Omit<Step, "title" | "who" | "proves"> => ({
    argv: ["library", "show", publication, ...AT_COUNTY, ...AS_PATIENT],
    expect: 0,
    shows,
    patienceMs: 20_000,
  })
  return [
    () => ({
      title: "City Hospital explains warfarin",
      who: administrator,
      ...publish(WARFARIN, ["medicine", "Warfarin", "en"], write("warfarin.txt", texts.english), AS_CITY),
      proves:
        "On the ledger stands the hash of the text; City's node keeps the text, and hands it to everybody.",
    }),
    () => ({
      title: "The same in Chinese",
      who: administrator,
      ...publish(CHINESE, ["medicine", "华法林", "zh-CN"], write("warfarin-zh.txt", texts.chinese), AS_CITY),
      proves: "Each language is a publication of its own.",
    }),
    () => ({
      title: "The authority says what is provided",
      who: "an officer of the authority",
      ...publish(
        PLAN,
        ["plan", "Anticoagulation clinics", "en"],
        write("plan.json", texts.plan),
        AS_AUTHORITY,
      ),
      proves: "A FHIR PlanDefinition: what is provided, to whom, on which terms.",
    }),
    () => ({
      title: "A form that names a person is refused",
      who: administrator,
      argv: [
        ...["library", "publish", "intake", "--kind", "form", "--title", "Intake", "--language", "en"],
        ...["--file", write("intake.json", texts.filledIn), ...AS_CITY],
      ],
      expect: 1,
      shows: ["publication_names_a_person"],
      proves: "What is published is for everybody: nothing about a person gets there.",
    }),
    () => ({
      title: "The patient reads, at County Hospital",
      who: patient,
      ...reads(`city-hospital/${WARFARIN}`, ["the INR", "ibuprofen", "verified"]),
      proves:
        "County's node has a copy; the ledger says that it is what City published. No consent was needed.",
    }),
    () => ({
      title: "In Chinese",
      who: patient,
      ...reads(`city-hospital/${CHINESE}`, ["维生素K", "verified"]),
      proves: "Nobody is asked who reads.",
    }),
    () => ({
      title: "The authority's plan",
      who: patient,
      ...reads(`authority/${PLAN}`, ["INR check", "free of charge", "verified"]),
      proves: "Every node has it, also those of members that do not validate.",
    }),
    () => ({
      title: "City publishes a newer version",
      who: administrator,
      ...publish(WARFARIN, ["medicine", "Warfarin", "en"], write("newer.txt", texts.newer), AS_CITY),
      proves: "Versions only grow: whoever has the older one is found.",
    }),
    () => ({
      title: "County's copy follows",
      who: patient,
      ...reads(`city-hospital/${WARFARIN}`, [`version ${found.version}`, "your last INR", "verified"]),
      proves: "An older version is never handed out as the newest.",
    }),
    () => ({
      title: "All that is open, as County has it",
      who: patient,
      argv: ["library", ...AT_COUNTY, ...AS_PATIENT],
      expect: 0,
      shows: [`city-hospital/${WARFARIN}`, `authority/${PLAN}`, "each verified against the ledger"],
      patienceMs: 20_000,
      proves:
        "The ledger counts what each organisation has published: a node that leaves something out is found.",
    }),
    () => ({
      title: "Protected data: the card",
      who: patient,
      argv: ["card", "--for", "county-hospital", "--out", card, ...AS_PATIENT],
      expect: 0,
      shows: ["city-hospital"],
      proves: "It says where the patient's history lies, and lets nobody read.",
    }),
    () => ({
      title: "Protected data: refused without consent",
      who: "a doctor at County Hospital",
      argv: [
        ...["request", "--card", card, "--purpose", "TREAT"],
        ...["--reason", "Which dose of warfarin?", "--as", "county-doctor"],
      ],
      expect: 1,
      shows: ["policy_missing"],
      proves:
        "What warfarin is, all may read; that this patient takes it, City tells nobody without consent.",
    }),
    () => ({
      title: "The patient declines",
      who: patient,
      argv: ["decline", "all", ...AS_PATIENT],
      expect: 0,
      shows: ["declined"],
      patienceMs: 10_000,
      proves: "The request is answered, and stands in the audit.",
    }),
    ...[WARFARIN, CHINESE].map((slug) => () => ({
      title: `City withdraws ${slug}`,
      who: administrator,
      argv: ["library", "withdraw", slug, ...AS_CITY],
      expect: 0,
      shows: ["is withdrawn"],
      proves: "The ledger says so, and every node deletes its copy.",
    })),
    () => ({
      title: "It is gone, at County too",
      who: patient,
      argv: ["library", "show", `city-hospital/${WARFARIN}`, ...AT_COUNTY, ...AS_PATIENT],
      expect: 1,
      shows: ["is withdrawn"],
      proves: "A node that still handed it out would be found by the ledger.",
    }),
    () => ({
      title: "The authority withdraws its plan",
      who: "an officer of the authority",
      argv: ["library", "withdraw", PLAN, ...AS_AUTHORITY],
      expect: 0,
      shows: ["is withdrawn"],
      proves: "The tour leaves nothing open.",
    }),
  ]
}

interface Open {
  readonly publications: readonly {
    readonly member: string
    readonly slug: string
    readonly hash: string | null
  }[]
}

export const library: Tour = {
  name: "library",
  summary: "what is open to all is read anywhere and checked; what is protected stays closed",
  steps,
  async takeBack(execute) {
    const { publications } = (await execute(["library", ...AS_CITY])).result as Open
    const own = [
      [`city-hospital/${WARFARIN}`, AS_CITY],
      [`city-hospital/${CHINESE}`, AS_CITY],
      [`authority/${PLAN}`, AS_AUTHORITY],
    ] as const
    const open = own.filter(([name]) =>
      publications.some(({ member, slug, hash }) => hash !== null && `${member}/${slug}` === name),
    )
    return [
      ...open.map(([name, as]) => ["library", "withdraw", name.split("/")[1], ...as]),
      ...(await takingBack(execute, "patient-1")),
    ]
  },
}
