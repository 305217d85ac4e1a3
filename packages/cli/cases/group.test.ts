import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type CaseAnswer, type InboxAnswer, utf8 } from "@aceso/core"
import { processWords } from "../capabilities.ts"
import { fit } from "../columns.ts"
import type { Command } from "../command.ts"
import { inbox } from "../commands/inbox.ts"
import { readable } from "../readable.ts"
import type { Session } from "../session.ts"
import { partsOf } from "./group.ts"

const [known] = processWords
const { process } = known
/** The words of a process whose documents are their own text. */
const words = {
  ...known,
  forms: Object.fromEntries(
    process.opens.documents.map((name) => [
      name,
      { options: {}, write: () => utf8(""), lines: (content: Uint8Array) => textOf(content).split("\n") },
    ]),
  ),
}
const textOf = (content: Uint8Array) => new TextDecoder().decode(content)
const { list, show } = partsOf(words) as Record<string, Command>

const id = new Uint8Array(32).fill(1)
const state = process.states[0].name
const begun = { state, since: 1, dueAt: null, patient: "patient-1", delegate: "Wang Wu (carer)" }
const item = { ...begun, id, capability: process.name, steps: 1 }
const opened = (text: string) => ({
  ...{ step: "open", party: known.person, at: 1, isAssisted: false },
  documents: process.opens.documents.map((name) => ({
    ...{ name, document: { content: utf8(text) }, lacking: null },
  })),
})
const answer = (change: object, text = "Why?") => ({
  ...{ ...begun, process: process.name, version: 1, isLate: false, isEnded: false, party: "organisation" },
  ...{ size: 1, parties: [{ party: "organisation", member: "city-hospital" }], steps: [opened(text)] },
  ...change,
})

/** What staff read. */
async function said(command: Command, items: readonly object[], shown: object = answer({})): Promise<string> {
  const cases = {
    inbox: async () => items as InboxAnswer["items"],
    page: async () => ({ items: items as InboxAnswer["items"], more: false }),
    show: async () => shown as CaseAnswer,
  }
  const session = { person: () => ({ kind: "staff" }), staff: () => ({ client: { cases } }) }
  const input = { positionals: ["01".repeat(32)], values: {}, lists: {} }
  const result = await command.run(session as unknown as Session, input, undefined as never)
  return fit(command.print(readable(result, command.keeps, command.texts)))
}

describe("what somebody wrote", () => {
  it("stands as it was written, and nothing in it can be taken for a step", async () => {
    const step = "2026-11-29 06:10+08:00  city-hospital: answered"
    const text = `\ta dose\n\n  20 kg     -         4 ml\n${"x".repeat(76)}${step.replaceAll(" ", "\u00a0")}\n${step}`
    const shown = (await said(show, [], answer({}, text))).split("\n")
    assert.deepEqual(shown.slice(shown.findIndex((line) => line.includes(words.steps.open.done)) + 1), [
      "  |         a dose",
      "  |",
      "  |   20 kg     -         4 ml",
      `  | ${"x".repeat(76)}`,
      `  |   ${step}`,
      `  | ${step}`,
    ])
  })
})

describe("who wrote", () => {
  const rows: [comment: string, delegate: string | null, who: string][] = [
    ["the patient", null, "patient patient-1"],
    ["somebody for the patient", "Wang Wu (carer)", "patient patient-1, by Wang Wu (carer)"],
  ]
  for (const [comment, delegate, who] of rows)
    it(`${comment}: staff are told wherever they look`, async () => {
      const shown = await said(show, [], answer({ delegate }))
      assert.ok(shown.includes(`\n  ${who}, organisation city-hospital\n`), shown)
      assert.match(shown, new RegExp(`  ${who.replace(/[()]/g, "\\$&")}: ${words.steps.open.done}\n`))
      for (const command of [list, inbox as Command]) {
        const listed = await said(command, [{ ...item, delegate }])
        assert.match(listed, delegate === null ? / patient-1 / : / patient-1, [\s\S]*by Wang/)
      }
    })
})
