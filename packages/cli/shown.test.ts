import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { personsOf, type TimelineEntry } from "@aceso/client"
import { PlatformError, utf8 } from "@aceso/core"
import { fit, width } from "./columns.ts"
import { audit } from "./commands/audit.ts"
import { history } from "./commands/history.ts"
import { asSeenBefore } from "./commands/looks.ts"
import { requests } from "./commands/requests.ts"
import { localTime } from "./output.ts"
import { readable } from "./readable.ts"
import { describe as describeError, execute } from "./run.ts"

type Answer = Parameters<typeof history.print>[0]
type Account = Parameters<typeof audit.print>[0]
type Inbox = Parameters<typeof requests.print>[0]

const HOSTILE = "ok\n  2026-11-20 22:40  Potassium\u001b[1A\u001b[2K\u202e\u009b31m"
const SHOWN = "ok␊ 2026-11-20 22:40 Potassium␛[1A␛[2K\\u{202E}\\u{9B}31m"
/** Of one line. */
const unwrapped = (text: string) => text.replace(/\s+/g, " ")

const report = (more: object = {}) => ({
  ...{ custodian: "city-hospital", outcome: "answered", released: 1, withheld: 0, mismatched: 0, damaged: 0 },
  ...{ lost: 0, recoveries: [], withdrawn: 0, height: 7, findings: [] },
  ...more,
})
const source = (custodian = "city-hospital") => ({
  ...{ custodian, index: 0, version: 1, status: "verified", height: 7, isSuperseded: false },
  recordId: "00".repeat(32),
})
const entry = (title: string, more: Partial<TimelineEntry> = {}) => ({
  ...{ time: 1, timeText: "2026-01-31T08:00:00+08:00", resourceType: "Observation", title, marks: [] },
  ...{ sources: [source()], older: [], isStruckOut: false },
  ...more,
})
const answer = (timeline: readonly object[], more: object = {}) =>
  ({
    ...{
      timeline,
      custodians: [report()],
      isComplete: true,
      joined: [],
      lost: [],
      notices: [],
      evidence: [],
    },
    attachments: [],
    persons: [],
    own: null,
    member: "own-hospital",
    anew: [],
    hasIds: false,
    ...more,
  }) as unknown as Answer
const lines = (value: Answer) => fit(history.print(readable(value)), 500).split("\n")

describe("history", () => {
  it("shows allergies, anticoagulants and problems first, what is over behind what goes on", () => {
    const all = answer([
      entry("warfarin", { first: "anticoagulant", marks: [{ key: "stopped" }], value: "5 mg" }),
      entry("apixaban", { first: "anticoagulant", value: "2.5 mg" }),
      entry("apixaban", { first: "anticoagulant", value: "2.5 mg", sources: [source("clinic") as never] }),
      entry("penicillin", { first: "allergy", timeText: "2020" }),
      entry("Potassium", { value: "4.1 mmol/L" }),
      entry("no resuscitation", { first: "flag" }),
    ])
    const shown = lines(all)
    assert.deepEqual(shown.slice(0, shown.indexOf("")), [
      "  Whose history",
      "    no Patient record among what was read",
      "  Warnings",
      "    no resuscitation (2026-01-31 08:00+08:00, city-hospital)",
      "  Allergies",
      "    penicillin (2020, city-hospital)",
      "  Anticoagulants and antiplatelets",
      "    apixaban: 2.5 mg (2026-01-31 08:00+08:00, city-hospital, clinic; 1 more that say the same)",
      "    [STOPPED] warfarin: 5 mg (2026-01-31 08:00+08:00, city-hospital)",
      "  Active problems",
      "    none recorded among 6 records read",
    ])
  })

  const missing: readonly (readonly [comment: string, more: object, words: string | undefined])[] = [
    ["everything came", {}, undefined],
    ["withheld", { custodians: [report({ withheld: 3 })] }, "3 records were withheld at city-hospital"],
    [
      "withheld at two",
      { custodians: [report({ withheld: 3 }), report({ custodian: "clinic", withheld: 1 })] },
      "3 records were withheld at city-hospital; 1 record was withheld at clinic",
    ],
    [
      "withdrawn",
      { custodians: [report({ withdrawn: 1 })] },
      "1 record was withheld at city-hospital as another person's",
    ],
    [
      "both",
      { custodians: [report({ withheld: 2, withdrawn: 1 })] },
      "2 records were withheld at city-hospital; 1 record was withheld at city-hospital as another person's",
    ],
    ["refused", { custodians: [report({ outcome: "refused" })] }, "nothing came from city-hospital"],
    ["failed", { custodians: [report({ outcome: "failed" })] }, "nothing came from city-hospital"],
    ["incomplete", { isComplete: false }, "a custodian did not send all of its part"],
    ["false", { custodians: [report({ mismatched: 2 })] }, "2 records did not hold"],
    ["lost", { lost: [{ alias: "patient-1", entries: 4, isUnreviewed: false }] }, "4 records were lost"],
    [
      "hidden by a joined handle's policy",
      { joined: [{ alias: "patient-2", records: 0, withheld: 5 }] },
      "5 records of joined handles were withheld",
    ],
    [
      "a joined handle that is closed",
      { joined: [{ alias: "patient-2", records: 0, withheld: 0, code: "policy_unknown" }] },
      "nothing of patient-2 is shown",
    ],
  ]
  for (const [comment, more, words] of missing)
    it(`says that the lists may be incomplete: ${comment}`, () => {
      const said = lines(answer([], more)).find((line) => line.includes("may be incomplete"))
      assert.equal(said, words && `  These lists may be incomplete: ${words}.`)
    })

  it("what is withheld or damaged at the own hospital is counted where a list is empty, and where one may be short", () => {
    const own = (index: number, more: object = {}) => ({
      ...source("own-hospital"),
      ...{ index, recordId: `0${index}`.repeat(32), ...more },
    })
    const withdrawn = entry("penicillin", {
      isStruckOut: true,
      sources: [own(1, { status: "withdrawn", version: 2 }) as never],
      older: [own(0, { status: "withdrawn", recordId: "01".repeat(32) }) as never],
    })
    const damaged = entry("record 2", { sources: [own(2, { status: "damaged" }) as never] })
    const shown = lines(answer([entry("K", { sources: [own(3) as never] }), withdrawn, damaged]))
    assert.ok(
      shown.includes("    none recorded among 2 records read, and 1 record is withheld"),
      shown.join("\n"),
    )
    const said = shown.find((line) => line.includes("may be incomplete"))
    assert.equal(
      said,
      "  These lists may be incomplete: 1 record was withheld at own-hospital as another person's; 1 record did not hold.",
    )
    assert.equal(history.status?.(answer([damaged])), 1)
    assert.equal(history.status?.(answer([withdrawn])), 0)
  })

  const parts: readonly (readonly [comment: string, more: object, line: string])[] = [
    [
      "all of it",
      { own: { from: 0 } },
      "  own-hospital, your own: 1 shown, 0 withheld as another person's, 0 damaged",
    ],
    [
      "what is new",
      { own: { from: 5 } },
      "  own-hospital, your own: 1 shown, of what is new since entry 5, 0 withheld as another person's, 0 damaged",
    ],
    [
      "anew, although something was seen before",
      { own: { from: 0 }, anew: ["own-hospital"] },
      "  own-hospital, your own: 1 shown, all of it, since what was seen before does not hold any more, 0 withheld as another person's, 0 damaged",
    ],
  ]
  for (const [comment, more, line] of parts)
    it(`says what its own part is: ${comment}`, () => {
      const timeline = [entry("K", { sources: [source("own-hospital") as never] })]
      const shown = lines(answer(timeline, { member: "own-hospital", ...more }))
      assert.ok(shown.includes(line), shown.join("\n"))
    })

  const gone = {
    isDeleted: true,
    isStruckOut: true,
    sources: [{ ...source(), version: 2, isDeletion: true }],
  }
  const removed: readonly (readonly [comment: string, entry: object, said: string, whose: string])[] = [
    [
      "with what it was",
      entry("Fibrillation", { ...(gone as object), resourceType: "Condition", older: [source() as never] }),
      "2026-01-31 08:00+08:00  [DELETED] ~~Fibrillation~~",
      "Condition, deleted by city-hospital: city-hospital/0 ✓ block 7 v2 (+1 older)",
    ],
    [
      "of which nothing else is known",
      entry("a record that was deleted", { ...(gone as object), resourceType: "?", timeText: undefined }),
      "[DELETED] ~~a record that was deleted~~",
      "type not told, deleted by city-hospital: city-hospital/0 ✓ block 7 v2",
    ],
    [
      "whose newest version came not at all",
      entry("Fibrillation", { sources: [], older: [source() as never] }),
      "2026-01-31 08:00+08:00  Fibrillation",
      "Observation, city-hospital/0 ✓ block 7, an older version: the newest one is not shown (+1 older)",
    ],
  ]
  for (const [comment, one, said, whose] of removed)
    it(`shows a record that is no more, ${comment}`, () => {
      const value = answer([one], { custodians: [report({ released: 0, deleted: 1 })] })
      const shown = lines(value).map((line) => line.trim())
      assert.ok(shown.includes(said) && shown.includes(whose), shown.join("\n"))
      assert.ok(
        shown.some((line) => line.includes("0 damaged, 1 deleted by its source")),
        shown.join("\n"),
      )
    })

  it("calls what was deleted since by what the earlier look said that it was", () => {
    const said = new Map([
      [`city-hospital ${"00".repeat(32)}`, { title: "Fibrillation", resourceType: "Condition", marks: [] }],
    ])
    const bare = { ...source(), version: 2, isDeletion: true, recordId: new Uint8Array(32) }
    const one = entry("a record that was deleted", {
      ...(gone as object),
      sources: [bare as never],
    }) as unknown as TimelineEntry
    const { title, resourceType } = asSeenBefore(one, { said })
    assert.deepEqual([title, resourceType], ["Fibrillation", "Condition"])
    assert.equal(asSeenBefore({ ...one, isDeleted: false }, { said }).title, "a record that was deleted")
  })

  const filler = "itching of both hands ".repeat(12)
  const reaction = (substance: string) => `${filler}(${substance})`
  const alike: readonly (readonly [comment: string, values: readonly string[], shown: readonly RegExp[]])[] =
    [
      [
        "what differs behind the cut stands whole",
        [reaction("Amoxicillin"), reaction("Ceftriaxone")],
        [/Amoxicillin\) \(2020/, /Ceftriaxone\) \(2020/],
      ],
      [
        "what is the same is one",
        [reaction("a"), reaction("a")],
        [/more characters.* 1 more that say the same/],
      ],
      ["another one is cut", [reaction("a"), "rash"], [/more characters/, /rash/]],
      [
        "what was cut before it came is never the same",
        Array.from({ length: 2 }, () => `${filler}5 … 9 more characters, see the record`),
        [
          /hands 5 … 9 more characters, see the record \(2020/,
          /hands 5 … 9 more characters, see the record \(2020/,
        ],
      ],
    ]
  for (const [comment, values, expected] of alike)
    it(`above: ${comment}`, () => {
      const all = values.map((value) => entry("Drug allergy", { first: "allergy", timeText: "2020", value }))
      const shown = lines(answer(all))
      const said = shown.slice(
        shown.indexOf("  Allergies") + 1,
        shown.indexOf("  Anticoagulants and antiplatelets"),
      )
      assert.equal(said.length, expected.length, said.join("\n"))
      for (const [i, one] of expected.entries()) assert.match(said[i], one)
    })

  it("no text draws a line of its own, by spaces of any kind or by where it goes on", () => {
    const source = "Observation, county-hospital ✓ block 50"
    for (const space of [" ", "\u00a0", "\u3000", "\u2003", "\t"]) {
      const hostile = `Potassium: 3.9 mmol/L${space.repeat(67 - 21)}${source}${space.repeat(40)}`
      const filled = `Potassium: 3.9 mmol/L ${"x ".repeat(22)}${source}`
      for (const title of [hostile, filled])
        for (const timeText of ["2026-01-01", undefined]) {
          const shown = fit(history.print(readable(answer([entry(title, { timeText })]))), 80).split("\n")
          const ours = shown.find((line) => line.trim().startsWith("Observation, city-hospital"))
          const indent = (line = "") => line.length - line.trimStart().length
          const drawn = shown.filter((line) => line.trim().startsWith("Observation, county"))
          assert.ok(
            drawn.every((line) => indent(line) > indent(ours)),
            shown.join("\n"),
          )
        }
    }
  })

  it("what stands above and has a newer version that is withheld says so", () => {
    const withheld = { ...source(), version: 2, status: "withheld" } as never
    const shown = lines(
      answer([entry("penicillin", { first: "allergy", sources: [withheld], timeText: "2020" })]),
    )
    assert.ok(
      shown.includes("    penicillin (2020, city-hospital; a newer version is withheld)"),
      shown.join("\n"),
    )
  })

  it("a drug that its custodian alone vouches for is said to be one", () => {
    const shown = lines(answer([entry("warfarin", { isDrugApart: true }), entry("K")]))
    const said = shown.filter((line) => line.includes("✓"))
    assert.deepEqual(
      said.map((line) => line.trim()),
      [
        "Observation, city-hospital/0 ✓ block 7; the drug is the custodian's own word: it stands in no patient's log",
        "Observation, city-hospital/0 ✓ block 7",
      ],
    )
  })

  it("the mark stands before the title, without colour too", () => {
    const shown = lines(answer([entry("HIV infection", { marks: [{ key: "refuted" }], value: "5" })]))
    assert.ok(shown.includes("  2026-01-31 08:00+08:00  [REFUTED] HIV infection: 5"))
  })

  const patient = (custodian: string, more: object = {}, line: object = {}) => {
    const content = { resourceType: "Patient", name: [{ given: ["Ann"], family: "Lee" }], ...more }
    return entry("Ann Lee", {
      ...{ resourceType: "Patient", timeText: undefined, time: null },
      sources: [{ ...source(custodian), content: utf8(JSON.stringify(content)), ...line } as never],
    })
  }
  const born = { birthDate: "1970-01-02", gender: "female" }
  const number = (value: string) => ({
    identifier: [
      { system: "urn:ssn", value: "999" },
      { type: { coding: [{ code: "MR" }] }, value },
    ],
  })
  const persons: readonly (readonly [
    comment: string,
    timeline: readonly object[],
    lines: readonly string[],
  ])[] = [
    ["nobody", [entry("K")], ["no Patient record among what was read"]],
    [
      "two custodians that agree",
      [patient("city", { ...born, ...number("MR-1") }), patient("county", born)],
      ["Ann Lee, born 1970-01-02, female (city MR-1, county)"],
    ],
    [
      "two that do not",
      [patient("city", born), patient("county", { ...born, birthDate: "1907-01-02" })],
      [
        "Ann Lee, born 1970-01-02, female (city)",
        "Ann Lee, born 1907-01-02, female (county)",
        "The Patient records do not say the same: make sure who it is.",
      ],
    ],
    [
      "what is not recorded, and a death",
      [patient("city", { name: [], deceasedDateTime: "2020" })],
      ["name not recorded, birth date not recorded, sex not recorded, died 2020 (city)"],
    ],
    [
      "a record that does not hold",
      [patient("city", born, { status: "mismatch" })],
      ["no Patient record among what was read"],
    ],
  ]
  for (const [comment, timeline, expected] of persons)
    it(`says first whose it is: ${comment}`, () => {
      const shown = lines(answer(timeline, { persons: personsOf(timeline as TimelineEntry[]) }))
      assert.deepEqual(shown.slice(0, shown.indexOf("  Allergies")), [
        "  Whose history",
        ...expected.map((text) => `    ${text}`),
      ])
    })

  it("what has no place in the order of time stands apart", () => {
    const shown = lines(
      answer([
        entry("dated"),
        entry("odd", { time: null, timeText: "yesterday", marks: [{ key: "time-unclear" }] }),
        entry("undated", { time: null, timeText: undefined }),
        patient("city"),
      ]),
    )
    const from = shown.indexOf("  All records, the newest first")
    assert.deepEqual(
      shown.slice(from, shown.indexOf("", from)).filter((line) => !line.includes("✓")),
      [
        "  All records, the newest first",
        "  2026-01-31 08:00+08:00  dated",
        "  With a time that cannot be read",
        "  yesterday  [TIME UNCLEAR] odd",
        "  Without a time",
        "    Ann Lee",
        "    undated",
      ],
    )
  })

  it("times stand as they were written", () => {
    for (const [timeText, time] of [
      ["2016-12-31T23:59:60Z", "2016-12-31 23:59:60Z"],
      ["2024-05-05T10:00:00.250+05:30", "2024-05-05 10:00:00.250+05:30"],
      ["2024-05-05T10:00Z", "2024-05-05 10:00Z"],
      ["2023-02-29", "2023-02-29"],
      ["2024-05-05t10:00:00z", "2024-05-05t10:00:00z"],
    ])
      assert.ok(lines(answer([entry("K", { timeText })])).includes(`  ${time}  K`), timeText)
  })
})

describe("what others send", () => {
  it("adds no line to a history and draws nothing, wherever it stands", () => {
    const all = (text: string) =>
      answer(
        [
          entry(text, {
            value: text,
            resourceType: text,
            timeText: text,
            first: "allergy",
            marks: [{ key: "family-history", of: text }],
            sources: [{ ...source(text), note: text, alias: text } as never],
          }),
        ],
        {
          custodians: [
            report({
              ...{ custodian: text, outcome: "failed", code: text, detail: text },
              findings: [{ kind: text, detail: text }],
            }),
          ],
          joined: [{ alias: text, records: 1, withheld: 0, code: text }],
          lost: [{ alias: text, entries: 1, isUnreviewed: true }],
          evidence: [text],
        },
      )
    const shown = lines(all(HOSTILE))
    assert.equal(shown.length, lines(all("ok")).length)
    for (const line of shown) assert.doesNotMatch(line, /\p{Cc}|\u202e/u)
    assert.ok(shown.some((line) => line.includes(SHOWN)))
  })

  it("stands as symbols in an error, in one line", async () => {
    const error = await execute(["history", HOSTILE, "--as", HOSTILE, "--folder", "."]).catch(
      (e: unknown) => e,
    )
    const { message } = describeError(error)
    assert.ok(message.includes(SHOWN), message)
    assert.doesNotMatch(message, /\p{Cc}|\u202e/u)
  })
})

describe("an error", () => {
  const rows: readonly (readonly [comment: string, error: Error, message: RegExp])[] = [
    [
      "of another node",
      new PlatformError("x\u001b", "a\n  b", { details: { status: 403 } }),
      /^a␊ b \(x␛\)$/,
    ],
    [
      "of another node, named as ours",
      new PlatformError("bad_config", "a\nb", { details: { status: 403 } }),
      /^a␊b/,
    ],
    [
      "of the own configuration",
      new PlatformError("bad_config", "2 mistakes:\n  a\u202e"),
      /^2 mistakes:\n {2}a\\u\{202E\}/,
    ],
    ["of a bug", new Error("a\u001b"), /^Error: a␛\n {4}at /],
  ]
  for (const [comment, error, message] of rows)
    it(comment, () => assert.match(describeError(error).message, message))
})

describe("audit", () => {
  const one = {
    ...{ n: 1, tag: "", event: "", isLogged: true, isOnItsWay: false, requester: "county-hospital" },
    ...{ practitioner: "ab", practitionerName: "county-doctor", role: "claims-officer", purpose: "ETREAT" },
    ...{ time: "2026-01-31T08:00:00.000Z", policyVersion: "3", reason: "", outcome: "read", released: 2 },
    ...{ types: { Observation: 2 }, withheld: 1, withdrawn: 0, contradictions: [] },
  }
  const said = (entry: object, more: object = {}) =>
    unwrapped(
      audit.print(
        readable({
          custodians: [
            {
              ...{
                custodian: "city-hospital",
                handle: "00",
                isComplete: true,
                isWhole: true,
                onItsWay: 0,
                findings: [],
              },
              ...{ recoveries: [], today: [], entries: [{ ...one, ...entry }] },
              ...more,
            },
          ],
        } as unknown as Account),
      ),
    )
  const at = localTime(Date.UTC(2026, 0, 31, 8))

  it("who by name and role, why in words, when in the reader's zone", () => {
    assert.match(at, /^2026-0[12]-\d\d \d\d:\d\d[+-]\d\d:\d\d$/)
    assert.equal(Date.parse(at.replace(" ", "T")), Date.UTC(2026, 0, 31, 8))
    assert.equal(
      said({}),
      ` city-hospital: complete 1 ${at} county-doctor (claims officer) of county-hospital, for emergency treatment, policy version 3 2 records (2 Observation), 1 withheld`,
    )
  })
  it("looks of the staff where the records are kept: of a day that is over, and of today", () => {
    const look = {
      ...{ practitioner: "ab", practitionerName: "Dr. Chen", role: "ward-doctor", purpose: "TREAT" },
      ...{ time: "2026-01-31T08:00:00.000Z", reading: "attachment 4" },
    }
    const line = `${at} Dr. Chen (ward doctor): an attachment, for treatment`
    const inside = { outcome: "inside", requester: "city-hospital", looks: [look] }
    assert.equal(
      said(inside, { today: [{ ...look, reading: "history" }] }),
      ` city-hospital: complete 1 ${at} the staff of city-hospital, on the day before ${line} today, and on the ledger when the day is over: the staff there ${line.replace("an attachment", "the whole record")}`,
    )
    const finding = "the looks of the staff there that are shown are not those that stand on the ledger"
    assert.ok(said({ ...inside, contradictions: [finding] }).endsWith(finding))
  })
  it("counts records and deletions, and calls by no sign what the patient is not shown", () => {
    const counts = (more: object) => said(more).replace(/^.* version 3 /, "")
    assert.equal(
      counts({ released: 1, types: { "?": 1 }, deleted: 2 }),
      "1 record (1 not shown to you), 2 deletions, 1 withheld",
    )
    assert.equal(
      counts({ released: 0, types: {}, deleted: 1, withheld: 0 }),
      "no records, 1 deletion, 0 withheld",
    )
  })
  it("a name that is not told is left out", () => {
    assert.ok(said({ practitionerName: undefined }).includes(`${at} county-hospital (claims officer), for`))
  })
  it("an entry within its promise is on its way", () => {
    const text = said({ isLogged: false, isOnItsWay: true }, { onItsWay: 1 })
    assert.ok(text.includes("city-hospital: complete, 1 on its way to the ledger"))
    assert.ok(text.endsWith("1 withheld; on its way to the ledger"))
  })
  it("a denial says why in words", () => {
    assert.ok(
      said({ outcome: "denied", reason: "policy_missing" }).endsWith(
        "denied: no consent of yours permits it (policy_missing)",
      ),
    )
  })

  const until = localTime(Date.UTC(2026, 11, 28, 10))
  const consent = {
    ...{
      id: "1",
      type: "permit",
      grantees: ["county-hospital"],
      purposes: ["TREAT"],
      classes: ["Observation"],
    },
    ...{ from: "2025", to: "", records: [], hasMore: false, until: "2026-12-28T10:00:00.000Z" },
  }
  const denial = {
    ...consent,
    ...{
      type: "deny",
      grantees: [],
      purposes: [],
      classes: [],
      from: "",
      records: [],
      hasMore: true,
      until: "",
    },
  }
  const unknown = "your policy: grant; this device did not sign it and does not know what it changed"
  for (const [comment, entry, words] of [
    [
      "what it opens, to whom, for what and until when",
      { change: { added: [consent], removed: [] } },
      `you, policy version 3 now: county-hospital may read only Observation from 2025 on, for treatment, emergencies too (TREAT), until ${until}`,
    ],
    [
      "what it takes back",
      { change: { added: [], removed: [consent] } },
      `no more: county-hospital may read only Observation from 2025 on, for treatment, emergencies too (TREAT), until ${until}`,
    ],
    [
      "what it denies, beside what it takes back",
      { change: { added: [denial], removed: [{ ...consent, type: "?", until: "2026-12" }] } },
      "now: anybody may not read everything, with more conditions, for any purpose, without an end no more: county-hospital may not read only Observation from 2025 on, for treatment, emergencies too (TREAT), until 2026-12",
    ],
    [
      "nothing",
      { change: { added: [], removed: [] } },
      "signed anew, and nothing in it is other than before",
    ],
    [
      "many",
      { change: { added: Array.from({ length: 23 }, () => denial), removed: [] } },
      "without an end and 3 more; see aceso requests",
    ],
    [
      "on its way",
      { change: { added: [denial], removed: [] }, isOnItsWay: true },
      "an end; on its way to the ledger",
    ],
    ["signed elsewhere", {}, unknown],
    [
      "signed elsewhere, the newest",
      { inForce: [consent] },
      `${unknown}; since then: in force: county-hospital may read only Observation from 2025 on, for treatment, emergencies too (TREAT), until ${until}`,
    ],
    [
      "signed elsewhere, the newest, that left nothing",
      { inForce: [] },
      `${unknown}; since then: nothing is in force`,
    ],
    [
      "of the desk",
      { reason: "confirm", inForce: [consent] },
      "the desk there, policy version 3 your policy: what stood before a recovery is in force again, as you told the desk",
    ],
  ] as [string, object, string][])
    it(`a change of the own policy: ${comment}`, () => {
      const text = said({ outcome: "changed", reason: "grant", ...entry })
      assert.ok(text.endsWith(words), text)
    })
})

describe("requests", () => {
  it("who, and why, in words; every line fits", () => {
    const inbox = {
      requests: [
        {
          ...{ id: "0123456789ab", custodian: "city-hospital", requester: "county-hospital", role: "doctor" },
          ...{
            name: "county-doctor",
            purpose: "TREAT",
            classes: [],
            until: 0,
            reason: HOSTILE,
            state: "open",
          },
        },
      ],
      consents: [],
      moves: [],
      rekeys: [],
      unseen: [],
    } as unknown as Inbox
    const text = requests.print(readable(inbox))
    for (const line of text.split("\n")) assert.ok(width(line) <= 80, line)
    assert.doesNotMatch(text.replaceAll("\n", ""), /\p{Cc}|\u202e/u)
    assert.ok(unwrapped(text).includes("county-doctor"))
  })

  const DAY_MS = 86_400_000
  const near = Math.floor(Date.now() / 1000) * 1000 + DAY_MS
  const far = Date.now() + 30 * DAY_MS
  const consent = {
    ...{ id: "abcdef0123456789", type: "permit", grantees: ["insurer"], purposes: ["TREAT"] },
    ...{
      classes: ["Condition"],
      from: "",
      to: "",
      records: [],
      hasMore: false,
      until: new Date(near).toISOString(),
    },
  }
  const request = {
    ...{ id: "0123456789ab", custodian: "city-hospital", requester: "insurer", role: "doctor" },
    ...{
      name: "dr",
      purpose: "TREAT",
      classes: ["Condition", "Claim"],
      until: far,
      reason: "x",
      inForce: [],
    },
  }
  const rows: [comment: string, request: object, consents: object[], says: RegExp, not?: RegExp][] = [
    ["one that waits", { state: "open" }, [], /asked for .* open/],
    ["one whose consent was taken back", { state: "approved" }, [], /approved; no longer in force/],
    [
      "one that was narrowed",
      { state: "approved", inForce: [consent] },
      [],
      /approved: consent abcdef012345, only Condition, until \d{4}-\d\d-\d\d \d\d:\d\d/,
    ],
    [
      "one that was granted as it was asked",
      { state: "approved", classes: ["Condition"], inForce: [consent] },
      [],
      /approved: consent abcdef012345, until/,
      /abcdef012345, only/,
    ],
    [
      "one with a near end",
      { state: "open", until: near },
      [],
      new RegExp(` ${localTime(near).replace("+", "\\+")} `),
    ],
    ["one that would be over", { state: "open", until: DAY_MS }, [], /1970-01-0[12] [^ ]+, over /],
    [
      "a consent that ends soon, by its time",
      { state: "open" },
      [consent],
      new RegExp(`${localTime(near).replace("+", "\\+")}$`),
    ],
    [
      "a consent that is over",
      { state: "open" },
      [{ ...consent, until: new Date(near - 2 * DAY_MS).toISOString() }],
      /, over$/,
    ],
    ["a consent without an end", { state: "open" }, [{ ...consent, until: "" }], /without an end$/],
    [
      "a consent with a far end",
      { state: "open" },
      [{ ...consent, until: new Date(far).toISOString() }],
      new RegExp(`${localTime(far).replace("+", "\\+")}$`),
    ],
  ]
  // Each column by itself: a cell that wraps is read as one text.
  const cells = (text: string) => {
    const tables: string[] = []
    for (const block of text.split("\n\n")) tables.push(unwrapped(block))
    return tables.join("\n")
  }
  for (const [comment, change, consents, says, not] of rows)
    it(`says of ${comment} what holds`, () => {
      const inbox = {
        requests: [{ ...request, ...change }],
        consents: consents.map((one) => ({ custodian: "city", ...one })),
        moves: [],
        rekeys: [],
        unseen: [],
      } as unknown as Inbox
      const text = cells(requests.print(inbox)).trimEnd()
      assert.match(text, says)
      if (not) assert.doesNotMatch(text, not)
    })
})
