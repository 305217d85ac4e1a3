import { put } from "@aceso/core"
import { electorate, members } from "../governance/v1/governance.ts"
import {
  addValidator,
  admit,
  endLicence,
  grantLicence,
  licenceRow,
  setAbilities,
  suspend,
  validatorRows,
} from "./governance.ts"
import { type Refused, refused, without } from "./refused.ts"
import { memberRow, NOW } from "./world.ts"

const network = validatorRows({ authority: "active", city: "active" })
const SOON = NOW + 1000
const ofAbilities: Refused[] = [
  ...(["member", "abilities"] as const).map((field) =>
    refused("change_incomplete", `abilities without ${field}`, without(setAbilities("city"), field)),
  ),
  refused("unknown_member", "abilities of nobody", setAbilities("nobody")),
  ...(
    [
      ["payer", "votes", "an insurer"],
      ["payer", "validates", "an insurer"],
      ["authority", "keepsRecords", "an authority"],
    ] as const
  ).map(([member, one, who]) => refused("bad_abilities", `${who} never ${one}`, setAbilities(member, one))),
  refused("bad_abilities", "one twice", setAbilities("city", "votes", "votes")),
  refused("bad_abilities", "a new member that may not have it", {
    ...admit("shop", "app"),
    abilities: ["keepsRecords", "votes"],
  }),
  ...(["approved", "ready", "active"] as const).map((status) =>
    refused("still_validates", `its validator is ${status}`, setAbilities("county", "votes"), {
      given: validatorRows({ authority: "active", county: status }),
    }),
  ),
  refused("no_voter_left", "the last vote", setAbilities("authority", "validates"), {
    given: [put(electorate, [], { voters: ["authority"] })],
  }),
  refused("changed_twice", "abilities twice", [setAbilities("city", "votes"), setAbilities("city")]),
  refused("changed_twice", "abilities and suspension", [setAbilities("city"), suspend("city")]),
  refused("may_not_validate", "a validator for a custodian that gave that up", addValidator("county"), {
    given: [
      ...network,
      put(members, ["county"], { ...memberRow("county", "custodian"), abilities: ["keepsRecords"] }),
    ],
  }),
]

const ofLicences: Refused[] = [
  ...(["member", "licence"] as const).flatMap((field) =>
    [grantLicence("city", "treat"), endLicence("city", "treat")].map((change) =>
      refused("change_incomplete", `${change.do} without ${field}`, without(change, field)),
    ),
  ),
  refused("unknown_member", "a licence for nobody", grantLicence("nobody", "treat")),
  refused("licence_exists", "it has it", grantLicence("city", "treat"), {
    given: [licenceRow("city", ["treat", NOW, null])],
  }),
  refused("licence_exists", "it has it until later", grantLicence("city", "treat"), {
    given: [licenceRow("city", ["treat", 0, SOON])],
  }),
  refused("bad_time", "one that ends as it begins", grantLicence("city", "treat", NOW)),
  refused("too_many_licences", "the 65th", grantLicence("city", "treat"), {
    given: [licenceRow("city", ...Array.from({ length: 64 }, (_, i) => ["review", i, i + 1] as const))],
  }),
  refused("unknown_licence", "it has none", endLicence("city", "treat")),
  refused("unknown_licence", "it ended", endLicence("city", "treat"), {
    given: [licenceRow("city", ["treat", 0, NOW])],
  }),
  refused("unknown_licence", "it has not begun", endLicence("city", "treat"), {
    given: [licenceRow("city", ["treat", SOON, null])],
  }),
  refused("changed_twice", "one licence twice", [grantLicence("city", "treat"), endLicence("city", "treat")]),
]

/** What governance refuses of members' abilities and licences. */
export const REFUSED_STANDING: readonly Refused[] = [...ofAbilities, ...ofLicences]
