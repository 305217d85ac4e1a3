import { describe, it } from "node:test"
import { put, type Write } from "@aceso/core"
import {
  activate,
  activatedRow,
  activationRow,
  addressRow,
  addValidator,
  admission,
  admit,
  caseRow,
  closeCase,
  crowd,
  crowdKey,
  crowdNames,
  disableAction,
  enableAction,
  endLicence,
  event,
  founderAlone,
  grantLicence,
  idOf,
  licenceRow,
  proposal,
  reinstate,
  releaseApp,
  removeValidator,
  replaceKey,
  replaceValidator,
  setAbilities,
  setRow,
  suspend,
  VOTERS,
  validatorRow,
  validatorRows,
  withdrawApp,
} from "../../testing/governance.ts"
import { checkRow } from "../../testing/table.ts"
import { AN_HOUR_AGO, hashOf, keyList, keyOf, keyRow, memberRow, NOW } from "../../testing/world.ts"
import {
  appReleases,
  type Change,
  disabledActions,
  electorate,
  governance,
  memberKeys,
  members,
  nextValidators,
  proposals,
  validators,
} from "./governance.ts"

/** What a ballot writes when it passes, apart from the proposal itself. */
interface Passed {
  readonly comment: string
  readonly changes: readonly Change[]
  readonly given?: readonly Write[]
  readonly height?: number
  readonly writes: readonly Write[]
  /** Who votes afterwards; without it as before. */
  readonly voters?: readonly string[]
}

const CASE = hashOf("case")
const disabled = (contract: string, action: string, since = NOW) =>
  put(disabledActions, [contract, action], { since })
const BUILD = hashOf("build")
const released = (build: string, from: number, to: number | null = null) =>
  put(appReleases, [hashOf(build)], { from, to })
const enabled = (contract: string, action: string) => put(disabledActions, [contract, action], undefined)
const suspended = (member: string, kind: "custodian" | "insurer" = "custodian") =>
  put(members, [member], memberRow(member, kind, "suspended"))
const network = validatorRows({ authority: "active", city: "active" })
const people = activationRow("people", [1, 1], [2, 20])

const addition: Passed[] = [
  {
    comment: "addValidator: it is approved and has no power yet",
    changes: [addValidator("county")],
    given: network,
    writes: [validatorRow("county", "approved"), addressRow("county")],
  },
  {
    comment: "addValidator: of the authority",
    changes: [addValidator("authority")],
    given: validatorRows({ city: "active" }),
    writes: [validatorRow("authority", "approved"), addressRow("authority")],
  },
  {
    comment: "addValidator: a new key after the former was removed, whose address stays known",
    changes: [addValidator("county", "county two")],
    given: validatorRows({ authority: "active", county: "removed" }),
    writes: [
      put(validators, ["county"], { key: keyOf("county two"), status: "approved" }),
      addressRow("county", keyOf("county two")),
    ],
  },
  {
    comment: "addValidator: the hundredth",
    changes: [addValidator("county")],
    given: crowd(98, ["city"]),
    writes: [validatorRow("county", "approved"), addressRow("county")],
  },
  ...[
    [admit("new"), addValidator("new")],
    [addValidator("new"), admit("new")],
  ].map((changes, i) => ({
    comment: `admit and addValidator of one member, ${i === 0 ? "in" : "against"} the order of time`,
    changes,
    given: network,
    writes: [...admission("new"), validatorRow("new", "approved"), addressRow("new")],
    voters: [...VOTERS, "new"],
  })),
  {
    comment: "reinstate and addValidator of one member",
    changes: [reinstate("shut"), addValidator("shut")],
    given: network,
    writes: [
      put(members, ["shut"], memberRow("shut", "custodian")),
      validatorRow("shut", "approved"),
      addressRow("shut"),
    ],
    voters: [...VOTERS, "shut"],
  },
]

const ended = (name: string, compromisedAt: number) =>
  put(memberKeys, [keyOf(name)], { ...keyRow("city", AN_HOUR_AGO, NOW), compromisedAt })
const replacement: Passed[] = [
  {
    comment: "replaceValidator: one with power keeps it until its turn; the new key waits for that",
    changes: [replaceValidator("city")],
    given: network,
    writes: [
      validatorRow("city", "leaving"),
      setRow(["authority", "city"], ["city"]),
      put(nextValidators, ["city"], { key: keyOf("city validator two") }),
      addressRow("city", keyOf("city validator two")),
    ],
  },
  ...(["approved", "ready"] as const).map((status) => ({
    comment: `replaceValidator: one that is ${status} has the new key at once, and reports anew`,
    changes: [replaceValidator("county")],
    given: validatorRows({ authority: "active", county: status }),
    writes: [
      put(validators, ["county"], { key: keyOf("county validator two"), status: "approved" as const }),
      addressRow("county", keyOf("county validator two")),
      ...(status === "ready" ? [setRow(["authority"], [])] : []),
    ],
  })),
  {
    comment: "suspend: a new key that waits is given up too",
    changes: [suspend("city")],
    given: [
      ...validatorRows({ authority: "active", city: "leaving" }),
      put(nextValidators, ["city"], { key: keyOf("city validator two") }),
    ],
    writes: [
      put(members, ["city"], memberRow("city", "custodian", "suspended")),
      put(nextValidators, ["city"], undefined),
    ],
    voters: ["authority", "county"],
  },
  {
    comment: "replaceKey: all valid keys end with the ballot",
    changes: [replaceKey("city")],
    given: [put(memberKeys, [keyOf("city spare")], keyRow("city")), keyList("city", ["city", "city spare"])],
    writes: [
      ended("city", NOW),
      ended("city spare", NOW),
      put(memberKeys, [keyOf("city two")], keyRow("city", NOW)),
      keyList("city", ["city two"]),
    ],
  },
  ...(
    [
      ["as of the moment that it names", NOW - 60_000, NOW - 60_000],
      ["a moment before they were registered is that one", 0, AN_HOUR_AGO],
      ["a moment to come is the ballot's", NOW + 60_000, NOW],
    ] as const
  ).map(([comment, named, since]) => ({
    comment: `replaceKey: ${comment}`,
    changes: [replaceKey("city", "city two", named)],
    given: [keyList("city", ["city"])],
    writes: [
      ended("city", since),
      put(memberKeys, [keyOf("city two")], keyRow("city", NOW)),
      keyList("city", ["city two"]),
    ],
  })),
  {
    comment: "replaceKey and reinstate: a suspended member comes back with another key",
    changes: [reinstate("shut"), replaceKey("shut")],
    writes: [
      put(members, ["shut"], memberRow("shut", "custodian")),
      put(memberKeys, [keyOf("shut")], { ...keyRow("shut", AN_HOUR_AGO, NOW), compromisedAt: NOW }),
      put(memberKeys, [keyOf("shut two")], keyRow("shut", NOW)),
      keyList("shut", ["shut two"]),
    ],
    voters: [...VOTERS, "shut"],
  },
]

const removal: Passed[] = [
  {
    comment: "removeValidator: one that is approved is gone at once",
    changes: [removeValidator("county")],
    given: validatorRows({ authority: "active", county: "approved" }),
    writes: [validatorRow("county", "removed")],
  },
  {
    comment: "removeValidator: one that is ready waits no longer",
    changes: [removeValidator("county")],
    given: validatorRows({ authority: "active", city: "ready", county: "ready", shut: "leaving" }),
    writes: [validatorRow("county", "removed"), setRow(["authority", "shut"], ["city", "shut"])],
  },
  {
    comment: "removeValidator: one with power keeps it until its turn, after those that wait already",
    changes: [removeValidator("city")],
    given: validatorRows({ authority: "active", city: "active", county: "ready" }),
    writes: [validatorRow("city", "leaving"), setRow(["authority", "city"], ["county", "city"])],
  },
  {
    comment: "removeValidator: several leave in the order of the changes",
    changes: [removeValidator("county"), removeValidator("shut"), removeValidator("city")],
    given: validatorRows({ authority: "active", city: "active", county: "active", shut: "ready" }),
    writes: [
      validatorRow("county", "leaving"),
      validatorRow("shut", "removed"),
      validatorRow("city", "leaving"),
      setRow(["authority", "city", "county"], ["county", "city"]),
    ],
  },
  {
    comment: "removeValidator: one replaces another",
    changes: [removeValidator("city"), addValidator("county")],
    given: network,
    writes: [
      validatorRow("city", "leaving"),
      setRow(["authority", "city"], ["city"]),
      validatorRow("county", "approved"),
      addressRow("county"),
    ],
  },
  {
    comment: "removeValidator: of a set that is full",
    changes: [removeValidator("v7")],
    given: crowd(100),
    writes: [
      put(validators, ["v7"], { key: crowdKey("v7"), status: "leaving" }),
      setRow(crowdNames(100), ["v7"], crowdKey),
    ],
  },
]

const suspension: Passed[] = [
  ...(
    [
      ["approved", "removed", setRow(["authority"])],
      ["ready", "removed", setRow(["authority"])],
      ["active", "leaving", setRow(["authority", "county"], ["county"])],
      ["leaving", "leaving", setRow(["authority", "county"], ["county"])],
      ["removed", "removed", setRow(["authority"])],
    ] as const
  ).map(([before, after, set]) => {
    const given = validatorRows({ authority: "active", county: before })
    const isSame = before === "leaving" || before === "removed"
    return {
      comment: `suspend: the member's validator was ${before} and is ${after}`,
      changes: [suspend("county")],
      given,
      writes: [
        suspended("county"),
        ...(isSame ? [] : [validatorRow("county", after)]),
        ...(before === "ready" || before === "active" ? [set] : []),
      ],
      voters: ["authority", "city"],
    }
  }),
  {
    comment: "suspend: who leaves already keeps its turn",
    changes: [suspend("county")],
    given: validatorRows({ authority: "active", county: "leaving", city: "leaving" }),
    writes: [suspended("county")],
    voters: ["authority", "city"],
  },
  {
    comment: "suspend: a member without a validator leaves the set as it is",
    changes: [suspend("payer")],
    given: network,
    writes: [suspended("payer", "insurer")],
  },
  {
    comment: "suspend and removeValidator, of two members",
    changes: [suspend("county"), removeValidator("city")],
    given: validatorRows({ authority: "active", city: "active", county: "active" }),
    writes: [
      suspended("county"),
      validatorRow("county", "leaving"),
      validatorRow("city", "leaving"),
      setRow(["authority", "city", "county"], ["county", "city"]),
    ],
    voters: ["authority", "city"],
  },
  ...(["removed", "leaving"] as const).map((status) => ({
    comment: `reinstate: the member's validator stays ${status}`,
    changes: [reinstate("shut")],
    given: validatorRows({ authority: "active", shut: status }),
    writes: [put(members, ["shut"], memberRow("shut", "custodian"))],
    voters: [...VOTERS, "shut"],
  })),
]

const others: Passed[] = [
  {
    comment: "closeCase: only its status changes",
    changes: [closeCase(CASE)],
    given: [caseRow(CASE, "open"), caseRow(hashOf("another"), "open")],
    writes: [caseRow(CASE, "closed")],
  },
  {
    comment: "activate: the version follows those before",
    changes: [activate("people", 3, 21)],
    given: [people, activatedRow("people")],
    writes: [activationRow("people", [1, 1], [2, 20], [3, 21])],
  },
  {
    comment: "activate: the very next block, and numbers may be left out",
    changes: [activate("people", 7, 31)],
    given: [people, activatedRow("people")],
    height: 30,
    writes: [activationRow("people", [1, 1], [2, 20], [7, 31])],
  },
  {
    comment: "activate: also governance itself, and two contracts at once",
    changes: [activate("governance", 2, 9), activate("people", 3, 21)],
    given: [people, activationRow("governance", [1, 1]), activatedRow("governance", "people")],
    writes: [activationRow("governance", [1, 1], [2, 9]), activationRow("people", [1, 1], [2, 20], [3, 21])],
  },
  {
    comment: "activate: a contract, and a process of cases, that the network did not have",
    changes: [activate("cases", 1, 21), activate("cases.messages", 1, 22)],
    given: [people, activatedRow("people")],
    writes: [
      activationRow("cases", [1, 21]),
      activationRow("cases.messages", [1, 22]),
      activatedRow("people", "cases", "cases.messages"),
    ],
  },
  {
    comment: "setAbilities: an insurer keeps records from now on",
    changes: [setAbilities("payer", "keepsRecords")],
    writes: [put(members, ["payer"], { ...memberRow("payer", "insurer"), abilities: ["keepsRecords"] })],
  },
  {
    comment: "setAbilities: a custodian votes no more",
    changes: [setAbilities("county", "keepsRecords")],
    writes: [put(members, ["county"], { ...memberRow("county", "custodian"), abilities: ["keepsRecords"] })],
    voters: ["authority", "city"],
  },
  {
    comment: "setAbilities: a suspended member does not vote by them",
    changes: [setAbilities("shut", "votes")],
    writes: [
      put(members, ["shut"], { ...memberRow("shut", "custodian", "suspended"), abilities: ["votes"] }),
    ],
  },
  {
    comment: "setAbilities: who votes keeps the place",
    changes: [setAbilities("authority", "votes")],
    writes: [put(members, ["authority"], { ...memberRow("authority", "authority"), abilities: ["votes"] })],
  },
  {
    comment: "admit: a custodian that runs no validator",
    changes: [{ ...admit("new"), abilities: ["keepsRecords", "votes"] }],
    writes: admission("new").map((write) =>
      write.table.name === members.name
        ? put(members, ["new"], {
            ...memberRow("new", "custodian"),
            abilities: ["keepsRecords", "votes"],
            admittedAt: NOW,
          })
        : write,
    ),
    voters: [...VOTERS, "new"],
  },
  {
    comment: "admit: an application keeps records and has no vote",
    changes: [admit("shop", "app")],
    writes: admission("shop", "app"),
  },
  {
    comment: "grantLicence and endLicence: of one member and of two, for a time and without an end",
    changes: [
      grantLicence("city", "treat"),
      endLicence("city", "runDesk"),
      grantLicence("payer", "review", NOW + 1000),
    ],
    given: [licenceRow("city", ["runDesk", 5, NOW - 1], ["runDesk", AN_HOUR_AGO, null])],
    writes: [
      licenceRow("city", ["runDesk", 5, NOW - 1], ["runDesk", AN_HOUR_AGO, NOW], ["treat", NOW, null]),
      licenceRow("payer", ["review", NOW, NOW + 1000]),
    ],
  },
  {
    comment: "disableAction: one action of one contract",
    changes: [disableAction("people", "enrol")],
    given: [people, disabled("people", "rekey", AN_HOUR_AGO), disabled("records", "enrol", AN_HOUR_AGO)],
    writes: [disabled("people", "enrol")],
  },
  {
    comment: "enableAction: its row goes, and no other",
    changes: [enableAction("people", "enrol")],
    given: [people, disabled("people", "enrol"), disabled("people", "rekey")],
    writes: [enabled("people", "enrol")],
  },
  {
    comment: "releaseApp: beside what is released, which stays so until it is withdrawn",
    changes: [releaseApp(BUILD)],
    given: [released("another", AN_HOUR_AGO)],
    writes: [released("build", NOW)],
  },
  {
    comment: "withdrawApp: it keeps since when it was released",
    changes: [withdrawApp(BUILD)],
    given: [released("build", AN_HOUR_AGO)],
    writes: [released("build", AN_HOUR_AGO, NOW)],
  },
  {
    comment: "releaseApp: what was withdrawn counts again, from now on",
    changes: [releaseApp(BUILD), withdrawApp(hashOf("another"))],
    given: [released("build", AN_HOUR_AGO, AN_HOUR_AGO), released("another", AN_HOUR_AGO)],
    writes: [released("build", NOW), released("another", AN_HOUR_AGO, NOW)],
  },
  {
    comment: "disableAction and enableAction of two actions",
    changes: [disableAction("people", "enrol"), enableAction("people", "rekey")],
    given: [people, disabled("people", "rekey")],
    writes: [disabled("people", "enrol"), enabled("people", "rekey")],
  },
]

const together: Passed = {
  comment: "all kinds of changes in one ballot",
  changes: [
    admit("new"),
    suspend("payer"),
    reinstate("shut"),
    addValidator("new"),
    removeValidator("city"),
    closeCase(CASE),
    activate("people", 3, 21),
    disableAction("people", "enrol"),
    enableAction("people", "rekey"),
  ],
  given: [...network, people, activatedRow("people"), caseRow(CASE, "open"), disabled("people", "rekey")],
  writes: [
    ...admission("new"),
    suspended("payer", "insurer"),
    put(members, ["shut"], memberRow("shut", "custodian")),
    validatorRow("new", "approved"),
    addressRow("new"),
    validatorRow("city", "leaving"),
    setRow(["authority", "city"], ["city"]),
    caseRow(CASE, "closed"),
    activationRow("people", [1, 1], [2, 20], [3, 21]),
    disabled("people", "enrol"),
    enabled("people", "rekey"),
  ],
  voters: [...VOTERS, "new", "shut"],
}

/** Without voters in the world's order, as the founder alone sees them. */
const alone = (voters: readonly string[]) =>
  voters.filter((voter) => voter === "authority" || !VOTERS.includes(voter))

describe("what a ballot that passes writes", () => {
  for (const { comment, changes, given = [], writes, voters, height = 1 } of [
    ...addition,
    ...replacement,
    ...removal,
    ...suspension,
    ...others,
    together,
  ]) {
    it(comment, () => {
      const id = idOf("authority", changes, height)
      const open = proposal(changes)
      checkRow(governance, {
        action: "vote",
        comment,
        input: { proposal: id, yes: true },
        by: ["city"],
        given: [...given, put(proposals, [id], open)],
        height,
        writes: [
          put(proposals, [id], { ...open, yes: ["authority", "city"], status: "passed" }),
          ...writes,
          ...(voters ? [put(electorate, [], { voters })] : []),
        ],
        events: event("proposalPassed", id),
      })
    })

    it(`${comment}; the founder alone, by proposing`, () => {
      const id = idOf("authority", changes, height)
      const after = voters && alone(voters)
      const row = proposal(changes, { voters: ["authority"], status: "passed" })
      checkRow(governance, {
        action: "propose",
        comment,
        input: { changes },
        by: ["authority"],
        given: [...given, founderAlone],
        height,
        writes: [
          put(proposals, [id], row),
          ...writes,
          ...(after && after.length > 1 ? [put(electorate, [], { voters: after })] : []),
        ],
        events: event("proposalPassed", id),
      })
    })
  }
})
