import { domainHash, put } from "@aceso/core"
import { callerRows, type Row, table } from "../../testing/table.ts"
import { NOW } from "../../testing/world.ts"
import { governance, memberCases, recoveries } from "./governance.ts"

const YEAR_MS = 365 * 24 * 3600_000
const caseId = (n: number) => domainHash("case", "recovery", "city", n)
const one = (from: number, height: number, at: number) => ({
  from,
  height,
  at,
  reason: "restored_backup" as const,
})
const given = (at: number, permittedAt: number | null = null) => [
  put(recoveries, ["city"], { all: [one(3, 5, at)], permittedAt }),
]
const caseRow = (height: number) => ({
  member: "city",
  kind: "recovery" as const,
  height,
  time: NOW,
  status: "open" as const,
})
const opened = (from: number, n: number) => [
  {
    name: "recoveryOpened",
    data: { member: "city", from, reason: "restored_backup", case: caseId(n) },
  },
]

const open = (row: Partial<Row> & Pick<Row, "comment">): Row => ({
  action: "openRecovery",
  by: ["city"],
  height: 20,
  input: { from: 17, reason: "restored_backup" },
  ...row,
})

const second = (row: Partial<Row> & Pick<Row, "comment">, at: number, permittedAt: number | null): Row =>
  open({
    given: given(at, permittedAt),
    writes: [
      put(recoveries, ["city"], { all: [one(3, 5, at), one(17, 20, NOW)], permittedAt }),
      put(memberCases, [caseId(1)], caseRow(17)),
    ],
    events: opened(17, 1),
    ...row,
  })

table(
  governance,
  [
    open({
      comment: "the first one, and a case at the authority",
      writes: [
        put(recoveries, ["city"], { all: [one(17, 20, NOW)], permittedAt: null }),
        put(memberCases, [caseId(0)], caseRow(17)),
      ],
      events: opened(17, 0),
    }),
    open({
      comment: "everything is lost",
      input: { from: 0, reason: "lost_vault" },
      writes: [
        put(recoveries, ["city"], {
          all: [{ from: 0, height: 20, at: NOW, reason: "lost_vault" }],
          permittedAt: null,
        }),
        put(memberCases, [caseId(0)], caseRow(0)),
      ],
      events: [
        {
          name: "recoveryOpened",
          data: { member: "city", from: 0, reason: "lost_vault", case: caseId(0) },
        },
      ],
    }),
    ...callerRows("openRecovery", { from: 0, reason: "restored_backup" }, { other: "payer" }).map((row) => ({
      ...row,
      height: 20,
    })),
    open({
      comment: "the authority keeps no vault",
      by: ["authority"],
      rejection: "not_permitted",
    }),
    open({
      comment: "nothing was committed after this block yet",
      input: { from: 20, reason: "lost_keys" },
      rejection: "height_not_passed",
    }),
    second({ comment: "a year and no day after the first" }, NOW - YEAR_MS, null),
    second({ comment: "within a year, as an authority permitted it since" }, NOW - 1000, NOW - 1),
    open({
      comment: "within a year of the first",
      given: given(NOW - YEAR_MS + 1),
      rejection: "authority_must_permit",
    }),
    open({
      comment: "what an authority permitted before the first one does not serve for the second",
      given: given(NOW - 1000, NOW - 1000),
      rejection: "authority_must_permit",
    }),
    open({
      comment: "a hundred are there",
      given: [
        put(recoveries, ["city"], {
          all: Array.from({ length: 100 }, () => one(3, 5, NOW - YEAR_MS)),
          permittedAt: null,
        }),
      ],
      rejection: "too_many_recoveries",
    }),
    open({ comment: "no reason", input: { from: 17 }, rejection: "bad_input" }),

    {
      action: "permitRecovery",
      comment: "an authority permits a second one",
      by: ["authority"],
      input: { member: "city" },
      given: given(NOW - 1000),
      writes: [put(recoveries, ["city"], { all: [one(3, 5, NOW - 1000)], permittedAt: NOW })],
      events: [{ name: "recoveryPermitted", data: { member: "city" } }],
    },
    ...callerRows("permitRecovery", { member: "city" }, { other: "payer" }),
    {
      action: "permitRecovery",
      comment: "a custodian does not permit its own",
      by: ["city"],
      input: { member: "city" },
      given: given(NOW - 1000),
      rejection: "not_permitted",
    },
    {
      action: "permitRecovery",
      comment: "nobody",
      by: ["authority"],
      input: { member: "nobody" },
      rejection: "unknown_member",
    },
    {
      action: "permitRecovery",
      comment: "there was no first one",
      by: ["authority"],
      input: { member: "city" },
      rejection: "nothing_to_permit",
    },
    { action: "permitRecovery", comment: "no member", by: ["authority"], input: {}, rejection: "bad_input" },
  ],
  ["openRecovery", "permitRecovery"],
)
