import { type Ability, type Bytes, type Licence, put, sign } from "@aceso/core"
import {
  appReleases,
  type Change,
  disabledActions,
  electorate,
  networkFacts,
} from "../governance/v1/governance.ts"
import {
  activate,
  activationRow,
  addressRow,
  addValidator,
  admit,
  caseRow,
  closeCase,
  crowd,
  disableAction,
  enableAction,
  grantLicence,
  reinstate,
  releaseApp,
  removeValidator,
  replaceKey,
  replaceValidator,
  setAbilities,
  suspend,
  VOTERS,
  validatorRows,
  withdrawApp,
} from "./governance.ts"
import { type Refused, refused, without } from "./refused.ts"
import { REFUSED_STANDING } from "./refused-standing.ts"
import { hashOf, keyOf, NOW, seedOf } from "./world.ts"

const onLoopback = put(networkFacts, [], { isLoopback: true, isDemo: false })
const CASE = hashOf("case")
const BUILD = hashOf("build")
const release = (build: Bytes, to: number | null) => put(appReleases, [build], { from: NOW - 1, to })
const NEW = addValidator("county")
const ACTIVATE = activate("people", 3, 21)
const wrongSignature = (signed: Uint8Array): Change => ({
  ...NEW,
  proof: sign(signed, seedOf("county validator")),
})
const shutReady = validatorRows({ authority: "active", shut: "ready" })
/** Authority and city validate; people has version 1, and version 2 from height 20 on. */
const network = validatorRows({ authority: "active", city: "active" })
const people = [activationRow("people", [1, 1], [2, 20])]

const ofMembers: Refused[] = [
  ...(["name", "kind", "url", "key", "member"] as const).map((field) =>
    refused("member_incomplete", `a new member without ${field}`, without(admit("new"), field)),
  ),
  ...(
    [
      ["plain HTTP", "http://new.example"],
      ["a path", "https://new.example/node"],
      ["a slash behind it", "https://new.example/"],
      ["a user", "https://user@new.example"],
      ["a query", "https://new.example?to=http://127.0.0.1"],
      ["the loopback of whoever asks", "http://127.0.0.1:7440"],
      ["loopback with HTTPS", "https://localhost:7440"],
      ["loopback in hexadecimal", "https://0x7f000001"],
      ["loopback as IPv6", "https://[::ffff:7f00:1]"],
      ["a cloud's own metadata", "https://169.254.169.254"],
      ["no URL", "new.example"],
    ] as const
  ).map(([comment, url]) => refused("bad_url", comment, { ...admit("new"), url })),
  refused(
    "bad_url",
    "a link-local address, on a loopback network too",
    { ...admit("new"), url: "https://[fe80::1]" },
    {
      given: [onLoopback],
    },
  ),
  refused("change_incomplete", "nobody is named to suspend", { do: "suspend" }),
  refused("change_incomplete", "nobody is named to reinstate", { do: "reinstate" }),
  refused("member_exists", "a member of that name is there", admit("payer", "insurer", keyOf("other"))),
  refused("member_exists", "also a suspended member is there", admit("shut")),
  refused("key_exists", "the key of another member", admit("new", "custodian", keyOf("city"))),
  refused("key_exists", "also a retired key", admit("new", "custodian", keyOf("city old"))),
  refused("unknown_member", "nobody to suspend", suspend("nobody")),
  refused("unknown_member", "nobody to reinstate", reinstate("nobody")),
  refused("no_voter_left", "the last voter is suspended", suspend("authority"), {
    given: [put(electorate, [], { voters: ["authority"] })],
  }),
  refused("no_voter_left", "all voters are suspended", VOTERS.map(suspend)),
  refused("no_voter_left", "a new member that has no vote takes nobody's place", [
    ...VOTERS.map(suspend),
    admit("cover", "insurer"),
    reinstate("payer"),
  ]),
]

const ofNewValidators: Refused[] = [
  ...(["member", "key", "proof"] as const).map((field) =>
    refused("change_incomplete", `a validator without ${field}`, without(NEW, field), { given: network }),
  ),
  refused("no_validators_here", "the network has no validators", NEW),
  refused("unknown_member", "a validator of nobody", addValidator("nobody"), { given: network }),
  refused("may_not_validate", "an insurer", addValidator("payer"), { given: network }),
  refused(
    "may_not_validate",
    "an insurer that is admitted with it",
    [addValidator("new"), admit("new", "insurer")],
    { given: network },
  ),
  ...(["approved", "ready", "active", "leaving"] as const).map((status) =>
    refused("validator_exists", `its validator is ${status}`, addValidator("county", "county two"), {
      given: validatorRows({ authority: "active", county: status }),
    }),
  ),
  refused("key_exists", "the key of another's validator", addValidator("county", "city validator"), {
    given: network,
  }),
  refused("key_exists", "the key of another's former validator", addValidator("county", "city validator"), {
    given: validatorRows({ authority: "active", city: "removed" }),
  }),
  refused("key_exists", "its own former key does not come back", NEW, {
    given: validatorRows({ authority: "active", county: "removed" }),
  }),
  refused("key_exists", "a key of before the one that it removed", NEW, {
    given: [
      ...validatorRows({ authority: "active", county: "removed" }),
      addressRow("county", keyOf("county two")),
    ],
  }),
  refused(
    "bad_proof",
    "another key signed it",
    { ...NEW, proof: addValidator("county", "else").proof },
    { given: network },
  ),
  refused(
    "bad_proof",
    "the key signed it for another member",
    { ...NEW, proof: addValidator("city", "county validator").proof },
    { given: network },
  ),
  refused("bad_proof", "the key signed something else", wrongSignature(hashOf("else")), { given: network }),
  ...(
    [
      ["100 validate", 100, []],
      ["99 validate and one waits", 99, ["city"]],
    ] as const
  ).map(([comment, inSet, waiting]) =>
    refused("too_many_validators", comment, NEW, { given: crowd(inSet, waiting) }),
  ),
  refused("too_many_validators", "two where there is room for one", [NEW, addValidator("city")], {
    given: crowd(99),
  }),
]

const ofOldValidators: Refused[] = [
  refused("change_incomplete", "nobody's validator is named", { do: "removeValidator" }, { given: network }),
  refused("unknown_validator", "the network has no validators", removeValidator("city")),
  refused("unknown_validator", "the member has none", removeValidator("county"), { given: network }),
  ...(["leaving", "removed"] as const).map((status) =>
    refused("unknown_validator", `it is ${status} already`, removeValidator("city"), {
      given: validatorRows({ authority: "active", city: status }),
    }),
  ),
  refused("no_validator_left", "the last is removed", removeValidator("authority"), {
    given: validatorRows({ authority: "active" }),
  }),
  refused("no_validator_left", "the last one's member is suspended", suspend("city"), {
    given: validatorRows({ city: "active" }),
  }),
  refused(
    "no_validator_left",
    "one is removed, the other suspended",
    [removeValidator("authority"), suspend("city")],
    { given: network },
  ),
  refused("no_validator_left", "the others leave already", removeValidator("authority"), {
    given: validatorRows({ authority: "active", city: "leaving", county: "leaving" }),
  }),
  refused("no_validator_left", "who waits might never come", removeValidator("authority"), {
    given: shutReady,
  }),
  refused(
    "no_validator_left",
    "who comes with the same proposal might never be ready",
    [removeValidator("authority"), NEW],
    { given: validatorRows({ authority: "active" }) },
  ),
]

const EXCHANGED = replaceValidator("city")
const ofReplacedValidators: Refused[] = [
  ...(["member", "key", "proof"] as const).map((field) =>
    refused("change_incomplete", `a validator's new key without ${field}`, without(EXCHANGED, field), {
      given: network,
    }),
  ),
  refused("no_validators_here", "a new key where the network has no validators", EXCHANGED),
  refused("unknown_validator", "a new key for a member without a validator", replaceValidator("county"), {
    given: network,
  }),
  ...(["leaving", "removed"] as const).map((status) =>
    refused("unknown_validator", `a new key for one that is ${status}`, EXCHANGED, {
      given: validatorRows({ authority: "active", city: status }),
    }),
  ),
  refused("key_exists", "its own key again", replaceValidator("city", "city validator"), { given: network }),
  refused("key_exists", "the key of another's validator", replaceValidator("city", "authority validator"), {
    given: network,
  }),
  refused(
    "bad_proof",
    "another key signed for the new one",
    { ...EXCHANGED, proof: addValidator("city", "else").proof },
    { given: network },
  ),
  refused(
    "bad_proof",
    "the new key signed for another member",
    { ...EXCHANGED, proof: addValidator("county", "city validator two").proof },
    { given: network },
  ),
  refused("no_validator_left", "the last one changes its key", replaceValidator("authority"), {
    given: validatorRows({ authority: "active" }),
  }),
  refused(
    "no_validator_left",
    "one changes its key, the other is removed",
    [EXCHANGED, removeValidator("authority")],
    { given: network },
  ),
]

const NEW_KEY = replaceKey("city")
const ofKeys: Refused[] = [
  ...(["member", "key"] as const).map((field) =>
    refused("change_incomplete", `a member's new key without ${field}`, without(NEW_KEY, field)),
  ),
  refused("unknown_member", "a new key for nobody", replaceKey("nobody")),
  refused("key_exists", "its own key again", replaceKey("city", "city")),
  refused("key_exists", "one that it retired", replaceKey("city", "city old")),
  refused("key_exists", "the key of another member", replaceKey("city", "county")),
]

const ofContracts: Refused[] = [
  refused("change_incomplete", "no case is named", { do: "closeCase" }),
  refused("unknown_case", "there is no such case", closeCase(CASE)),
  refused("unknown_case", "it is closed", closeCase(CASE), { given: [caseRow(CASE, "closed")] }),
  ...(["contract", "version", "sources", "height"] as const).map((field) =>
    refused("change_incomplete", `a version without ${field}`, without(ACTIVATE, field), { given: people }),
  ),
  refused("version_not_newer", "version 0 of a contract that genesis does not have", activate("late", 0, 21)),
  refused("unknown_contract", "a process before what executes it", activate("cases.messages", 1, 22)),
  refused("unknown_contract", "a process earlier than what executes it", [
    activate("cases", 1, 23),
    activate("cases.messages", 1, 22),
  ]),
  refused("height_passed", "a new contract in a block that executes already", activate("late", 1, 1)),
  ...[0, 1, 2].map((version) =>
    refused("version_not_newer", `version ${version} after 2`, activate("people", version, 21), {
      given: people,
    }),
  ),
  refused("height_too_far", "nobody waits ten million blocks", activate("people", 3, 10_000_032), {
    given: people,
    height: 30,
  }),
  ...[19, 20].map((from) =>
    refused("height_passed", `version 2 waits for height 20, not ${from}`, activate("people", 3, from), {
      given: people,
    }),
  ),
  ...[0, 29, 30].map((from) =>
    refused("height_passed", `block 30 executes already, not ${from}`, activate("people", 3, from), {
      given: people,
      height: 30,
    }),
  ),
  ...[disableAction, enableAction].flatMap((change) => [
    ...(["contract", "action"] as const).map((field) =>
      refused(
        "change_incomplete",
        `${change.name} without ${field}`,
        without(change("people", "enrol"), field),
        { given: people },
      ),
    ),
    refused("unknown_contract", `${change.name} of a contract that is not`, change("people", "enrol")),
    ...["propose", "vote", "setUrl"].map((action) =>
      refused("not_disableable", `${change.name}: governance.${action}`, change("governance", action), {
        given: [activationRow("governance", [1, 1])],
      }),
    ),
  ]),
  refused("already_disabled", "it is disabled", disableAction("people", "enrol"), {
    given: [...people, put(disabledActions, ["people", "enrol"], { since: NOW })],
  }),
  refused("not_disabled", "it is enabled", enableAction("people", "enrol"), { given: people }),
  refused("not_disabled", "another action is disabled", enableAction("people", "enrol"), {
    given: [
      ...people,
      put(disabledActions, ["people", "rekey"], { since: NOW }),
      put(disabledActions, ["records", "enrol"], { since: NOW }),
    ],
  }),
]

const twice = (comment: string, changes: readonly Change[]) =>
  refused("changed_twice", comment, changes, { given: [...network, ...people, caseRow(CASE, "open")] })
const together: Refused[] = [
  twice("one member suspended twice", [suspend("payer"), suspend("payer")]),
  twice("one member suspended and reinstated", [suspend("payer"), reinstate("payer")]),
  twice("a new member suspended at once", [admit("new"), suspend("new")]),
  twice("one member admitted with two keys", [admit("new"), admit("new", "insurer", keyOf("new two"))]),
  twice("one key for two members", [admit("new"), admit("newer", "custodian", keyOf("new"))]),
  twice("not side by side", [admit("new"), suspend("payer"), suspend("shut"), suspend("payer")]),
  twice("one member with two validators", [NEW, addValidator("county", "county two")]),
  twice("one key for two validators", [NEW, addValidator("shut", "county validator")]),
  twice("one key for a member and its validator", [admit("new"), addValidator("new", "new")]),
  twice("a validator exchanged at once", [removeValidator("city"), addValidator("city", "city two")]),
  twice("a validator exchanged and removed", [removeValidator("city"), EXCHANGED]),
  twice("a validator exchanged twice", [EXCHANGED, replaceValidator("city", "city validator three")]),
  twice("a validator exchanged whose member is suspended", [suspend("city"), EXCHANGED]),
  twice("one member with two new keys", [NEW_KEY, replaceKey("city", "city three")]),
  twice("one new key for two members", [NEW_KEY, replaceKey("county", "city two")]),
  twice("a validator removed twice", [removeValidator("city"), removeValidator("city")]),
  twice("a validator removed whose member is suspended", [removeValidator("city"), suspend("city")]),
  twice("a validator for a member that is suspended", [suspend("county"), NEW]),
  twice("a case closed twice", [closeCase(CASE), closeCase(CASE)]),
  twice("two versions of a contract", [ACTIVATE, activate("people", 4, 22)]),
  refused("change_incomplete", "a release of no build", { do: "releaseApp" }),
  refused("change_incomplete", "no build is withdrawn", { do: "withdrawApp" }),
  refused("app_exists", "a build that is released", releaseApp(BUILD), { given: [release(BUILD, null)] }),
  refused("unknown_app", "a build that never was released", withdrawApp(BUILD), {
    given: [release(hashOf("another"), null)],
  }),
  refused("unknown_app", "a build that was withdrawn", withdrawApp(BUILD), { given: [release(BUILD, NOW)] }),
  twice("a build released and withdrawn", [releaseApp(BUILD), withdrawApp(BUILD)]),
  twice("an action disabled twice", [disableAction("people", "enrol"), disableAction("people", "enrol")]),
]

export const REFUSED: readonly Refused[] = [
  ...ofMembers,
  ...ofNewValidators,
  ...ofOldValidators,
  ...ofReplacedValidators,
  ...ofKeys,
  ...REFUSED_STANDING,
  ...ofContracts,
  ...together,
]

/** What is no change at all. */
export const MALFORMED: readonly (readonly [comment: string, change: object])[] = [
  ["an unknown change", { do: "delete", member: "city" }],
  ["a member that a change does not have", { ...suspend("city"), why: "so" }],
  ["a kind that there is not", { ...admit("new"), kind: "bank" }],
  ["a name with capital letters", admit("New")],
  ["a key that is too short", admit("new", "custodian", new Uint8Array(31))],
  ["a signature that is too short", { ...NEW, proof: new Uint8Array(63) }],
  ["a case that is too short", closeCase(new Uint8Array(31))],
  ["a contract's name with two dots", disableAction("cases.people.v1", "enrol")],
  ["a contract's name with a dot and nothing", disableAction("cases.", "enrol")],
  ["an ability that is none", { ...setAbilities("city"), abilities: ["rules" as Ability] }],
  ["a licence that is none", { ...grantLicence("city", "treat"), licence: "all" as Licence }],
  ["an action's name with a capital letter first", disableAction("people", "Enrol")],
  ["a name of 33 letters", disableAction("people", "e".repeat(33))],
  ["version 10,001", activate("people", 10_001, 21)],
  ["a negative height", activate("people", 3, -1)],
  ["a moment before 1970", { ...NEW_KEY, compromisedAt: -1 }],
  ["a build whose root is too long", releaseApp(new Uint8Array(33))],
  ["a hash that is too long", { ...ACTIVATE, sources: new Uint8Array(33) }],
]
