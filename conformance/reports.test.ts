import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type JsonObject, utf8 } from "@aceso/core"
import { importEach } from "./exports-run.ts"
import { type Lying, OWN } from "./exports-vault.ts"
import { type Report, reports } from "./reports.table.ts"

const bytesOf = (content: Report["files"][number]) =>
  utf8(typeof content === "string" ? content : JSON.stringify(content))

/** Each person's family name and what is in the record now, in the order of the types. */
function peopleOf(lying: readonly Lying[]): string[] {
  const records = new Map<string, Lying[]>()
  for (const one of lying)
    for (const place of one.isNewestIn) records.set(place, [...(records.get(place) ?? []), one])
  return [...records]
    .filter(([place]) => place !== OWN)
    .map(([, all]) => {
      const patient = all.find(({ type }) => type === "Patient")?.resource
      const [name] = (patient?.name ?? []) as unknown as JsonObject[]
      const types = all.map(({ type }) => type).filter((type) => type !== "Patient")
      return [`${name?.family}:`, ...types.sort()].join(" ")
    })
    .sort()
}

describe("what broke elsewhere, as reported in public", () => {
  for (const { report, comment, files, people, refused = [], unfiled = [], ...more } of reports)
    it(`${comment} (${report})`, async () => {
      const { isLines = [], others, says = [], saysNot = [], saysNow = [] } = more
      const inputs = files.map((content, i) => ({
        where: `${i}`,
        input: bytesOf(content),
        ...(isLines[i] === true && { firstLine: 1 }),
      }))
      const run = await importEach(inputs)
      assert.deepEqual(run.refused, refused)
      assert.deepEqual(peopleOf(run.lying), people)
      assert.deepEqual([...run.unfiled].map((name) => name.split("/")[0]).sort(), unfiled)
      if (others) {
        const own = run.lying.filter(({ isNewestIn }) => isNewestIn.includes(OWN))
        assert.deepEqual(own.map(({ type }) => type).sort(), others)
      }
      const texts = run.lying.map(({ text }) => text).join("\n")
      for (const text of says) assert.ok(texts.includes(text), `${text} is not in ${texts}`)
      const now = run.lying.filter(({ isNewestIn }) => isNewestIn.length > 0).map(({ text }) => text)
      for (const text of saysNow) assert.ok(now.join().includes(text), `${text} is not in ${now}`)
      for (const text of saysNot) assert.ok(!texts.includes(text), `${text} is in ${texts}`)
    })
})
