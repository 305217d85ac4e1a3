import { type Bytes, put, type Write } from "@aceso/core"
import {
  admission,
  admit,
  event,
  founderAlone,
  idOf,
  type Proposal,
  proposal,
  reinstate,
  suspend,
  VOTERS,
} from "../../testing/governance.ts"
import { MALFORMED, REFUSED } from "../../testing/refused-changes.ts"
import { callerRows, type Row, table } from "../../testing/table.ts"
import { hashOf, memberRow, NOW } from "../../testing/world.ts"
import {
  type Change,
  electorate,
  governance,
  MAX_OPEN_PROPOSALS,
  members,
  openProposals,
  PROPOSAL_LIFETIME_MS,
  proposals,
} from "./governance.ts"

const ADMIT = [admit("new")]
const ID = idOf("authority", ADMIT)
const opened = (more: Partial<Proposal> = {}, changes: readonly Change[] = ADMIT): Write =>
  put(proposals, [ID], proposal(changes, more))
/** What a member has open. */
const listed = (member: string, ...ids: readonly Bytes[]): Write =>
  put(openProposals, [member], { open: ids.map((id) => ({ id, openedAt: NOW })) })
const MANY = Array.from({ length: MAX_OPEN_PROPOSALS }, (_, i) => hashOf(`proposal ${i}`))

const propose: Row[] = [
  {
    action: "propose",
    comment: "a custodian opens it with its own yes; others must follow",
    input: { changes: ADMIT },
    by: ["city"],
    writes: [
      put(proposals, [idOf("city", ADMIT)], { ...proposal(ADMIT), proposer: "city", yes: ["city"] }),
      listed("city", idOf("city", ADMIT)),
    ],
    events: event("proposalOpen", idOf("city", ADMIT)),
  },
  {
    action: "propose",
    comment: "the founder alone decides at once",
    input: { changes: ADMIT },
    by: ["authority"],
    given: [founderAlone],
    writes: [
      put(proposals, [ID], { ...proposal(ADMIT, { status: "passed" }), voters: ["authority"] }),
      ...admission("new"),
      put(electorate, [], { voters: ["authority", "new"] }),
    ],
    events: event("proposalPassed", ID),
  },
  {
    action: "propose",
    comment: "several changes in order, and an insurer gets no vote",
    input: { changes: [admit("new"), admit("cover", "insurer"), suspend("payer"), reinstate("shut")] },
    by: ["authority"],
    given: [founderAlone],
    writes: (() => {
      const changes = [admit("new"), admit("cover", "insurer"), suspend("payer"), reinstate("shut")]
      return [
        put(proposals, [idOf("authority", changes)], {
          ...proposal(changes, { status: "passed" }),
          voters: ["authority"],
        }),
        ...admission("new"),
        ...admission("cover", "insurer"),
        put(members, ["payer"], memberRow("payer", "insurer", "suspended")),
        put(members, ["shut"], memberRow("shut", "custodian")),
        put(electorate, [], { voters: ["authority", "new", "shut"] }),
      ]
    })(),
    events: event(
      "proposalPassed",
      idOf("authority", [admit("new"), admit("cover", "insurer"), suspend("payer"), reinstate("shut")]),
    ),
  },
  {
    action: "propose",
    comment: "the founder may leave when another voter comes with the same proposal",
    input: { changes: [suspend("authority"), admit("new")] },
    by: ["authority"],
    given: [founderAlone],
    writes: [
      put(proposals, [idOf("authority", [suspend("authority"), admit("new")])], {
        ...proposal([suspend("authority"), admit("new")], { status: "passed" }),
        voters: ["authority"],
      }),
      put(members, ["authority"], memberRow("authority", "authority", "suspended")),
      ...admission("new"),
      put(electorate, [], { voters: ["new"] }),
    ],
    events: event("proposalPassed", idOf("authority", [suspend("authority"), admit("new")])),
  },
  {
    action: "propose",
    comment: "the same changes at another height are another proposal",
    input: { changes: ADMIT },
    by: ["authority"],
    height: 2,
    given: [opened()],
    writes: [
      put(proposals, [idOf("authority", ADMIT, 2)], proposal(ADMIT)),
      listed("authority", idOf("authority", ADMIT, 2)),
    ],
    events: event("proposalOpen", idOf("authority", ADMIT, 2)),
  },
  {
    action: "propose",
    comment: "one more than its open ones, once the oldest has lapsed",
    input: { changes: ADMIT },
    by: ["authority"],
    time: NOW + PROPOSAL_LIFETIME_MS,
    given: [listed("authority", ...MANY)],
    writes: [
      put(proposals, [ID], proposal(ADMIT, { openedAt: NOW + PROPOSAL_LIFETIME_MS })),
      put(openProposals, ["authority"], { open: [{ id: ID, openedAt: NOW + PROPOSAL_LIFETIME_MS }] }),
    ],
    events: event("proposalOpen", ID),
  },
  {
    action: "propose",
    comment: "so many of one member wait already that others' could not be seen any more",
    input: { changes: ADMIT },
    by: ["authority"],
    time: NOW + PROPOSAL_LIFETIME_MS - 1,
    given: [listed("authority", ...MANY)],
    rejection: "too_many_open",
  },
  ...callerRows("propose", { changes: ADMIT }, { other: "payer" }),
  ...REFUSED.flatMap(({ changes, comment, ...row }): Row[] => [
    { ...row, action: "propose", comment, input: { changes }, by: ["authority"] },
    {
      ...row,
      action: "propose",
      comment: `${comment}, after a good change`,
      input: { changes: [admit("fine", "insurer"), ...changes] },
      by: ["authority"],
    },
  ]),
  ...MALFORMED.map(
    ([comment, change]): Row => ({
      action: "propose",
      rejection: "bad_input",
      comment,
      input: { changes: [admit("fine", "insurer"), change] },
      by: ["authority"],
    }),
  ),
  {
    action: "propose",
    comment: "the same proposal again in one block",
    input: { changes: ADMIT },
    by: ["authority"],
    given: [opened()],
    rejection: "already_proposed",
  },
  { action: "propose", comment: "no changes", input: { changes: [] }, by: ["city"], rejection: "bad_input" },
  {
    action: "propose",
    comment: "17 changes",
    input: { changes: Array.from({ length: 17 }, (_, i) => admit(`m${i}`)) },
    by: ["city"],
    rejection: "bad_input",
  },
]

const vote = (row: Partial<Row> & Pick<Row, "comment">, yes = true): Row => ({
  action: "vote",
  input: { proposal: ID, yes },
  by: ["city"],
  given: [opened()],
  ...row,
})

const votes: Row[] = [
  vote({
    comment: "2 of 3 are more than half: it passes and takes effect, and waits no more",
    given: [opened(), listed("authority", ID, ...MANY.slice(1))],
    writes: [
      opened({ yes: ["authority", "city"], status: "passed" }),
      listed("authority", ...MANY.slice(1)),
      ...admission("new"),
      put(electorate, [], { voters: [...VOTERS, "new"] }),
    ],
    events: event("proposalPassed", ID),
  }),
  vote(
    {
      comment: "one no of 3 leaves it open, and it waits as before",
      given: [opened(), listed("authority", ID)],
      writes: [opened({ no: ["city"] })],
      events: event("proposalOpen", ID),
    },
    false,
  ),
  vote(
    {
      comment: "the second no of 3 ends it: half can no longer be passed",
      by: ["county"],
      given: [opened({ no: ["city"] }), listed("authority", ID)],
      writes: [opened({ no: ["city", "county"], status: "rejected" }), listed("authority")],
      events: event("proposalRejected", ID),
    },
    false,
  ),
  vote({
    comment: "2 of 4 are not more than half",
    given: [put(proposals, [ID], { ...proposal(ADMIT), voters: [...VOTERS, "fourth"] })],
    writes: [
      put(proposals, [ID], {
        ...proposal(ADMIT, { yes: ["authority", "city"] }),
        voters: [...VOTERS, "fourth"],
      }),
    ],
    events: event("proposalOpen", ID),
  }),
  vote(
    {
      comment: "one no of 2 ends it",
      given: [put(proposals, [ID], { ...proposal(ADMIT), voters: ["authority", "city"] })],
      writes: [
        put(proposals, [ID], {
          ...proposal(ADMIT, { no: ["city"], status: "rejected" }),
          voters: ["authority", "city"],
        }),
      ],
      events: event("proposalRejected", ID),
    },
    false,
  ),
  vote({
    comment: "the last millisecond of the 14 days",
    time: NOW + PROPOSAL_LIFETIME_MS - 1,
    writes: [
      opened({ yes: ["authority", "city"], status: "passed" }),
      ...admission("new", "custodian", NOW + PROPOSAL_LIFETIME_MS - 1),
      put(electorate, [], { voters: [...VOTERS, "new"] }),
    ],
    events: event("proposalPassed", ID),
  }),
  ...REFUSED.map(
    ({ rejection, comment, changes, given = [], height }): Row =>
      vote({
        comment: `what became impossible has no effect: ${rejection}, ${comment}`,
        given: [...given, opened({}, changes)],
        height,
        writes: [opened({ yes: ["authority", "city"], status: "passed" }, changes)],
        events: event("proposalWithoutEffect", ID),
      }),
  ),
  ...(
    [
      ["after", [admit("payer"), admit("new")]],
      ["before", [admit("new"), suspend("nobody")]],
    ] as const
  ).map(
    ([place, changes]): Row =>
      vote({
        comment: `not even the change that is still possible, ${place} the one that is not`,
        given: [opened({}, changes)],
        writes: [opened({ yes: ["authority", "city"], status: "passed" }, changes)],
        events: event("proposalWithoutEffect", ID),
      }),
  ),
  ...callerRows("vote", { proposal: ID, yes: true }, { other: "payer" }),
  vote({
    comment: "no proposal has this id",
    input: { proposal: hashOf("else"), yes: true },
    rejection: "unknown_proposal",
  }),
  vote({
    comment: "it has passed",
    given: [opened({ yes: ["authority", "county"], status: "passed" })],
    rejection: "proposal_closed",
  }),
  vote({
    comment: "it was rejected",
    given: [opened({ no: ["county"], status: "rejected" })],
    rejection: "proposal_closed",
  }),
  vote({ comment: "at 14 days", time: NOW + PROPOSAL_LIFETIME_MS, rejection: "proposal_lapsed" }),
  vote({
    comment: "a custodian that was admitted after it was opened",
    given: [put(proposals, [ID], { ...proposal(ADMIT), voters: ["authority", "county"] })],
    rejection: "not_a_voter",
  }),
  vote({ comment: "the proposer has voted by proposing", by: ["authority"], rejection: "already_voted" }),
  vote(
    {
      comment: "nobody changes its no to a yes",
      given: [opened({ no: ["city"] })],
      rejection: "already_voted",
    },
    true,
  ),
  vote({ comment: "no answer", input: { proposal: ID }, rejection: "bad_input" }),
]

table(governance, [...propose, ...votes], ["propose", "vote"])
