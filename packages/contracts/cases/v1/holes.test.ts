import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { Process } from "@aceso/core"
import { attemptsOf, holesIn, processTable } from "../../testing/process-table.ts"
import { prepared } from "../../testing/process-world.ts"
import { planted, question, supply } from "../../testing/processes.ts"
import { casesOf } from "./cases.ts"

for (const process of [supply, question]) processTable(process)

describe("the table of a process finds a planted hole", () => {
  const all = [supply, question]
  const holes = (right: Process, wrong: Process) => holesIn(casesOf([wrong]), right)

  it("tries hundreds of things", () => {
    for (const process of all) assert.ok(attemptsOf(process).length > 150, process.name)
  })

  for (const process of all)
    for (const step of process.steps) {
      const forMembers = step.guards.some(({ is }) => is === "licensed" || is === "differs")
      const others = process.parties.filter(
        ({ name, is }) =>
          !step.by.includes(name) &&
          // Whom a guard keeps out anyway is no hole.
          !(is === "key" && forMembers) &&
          !step.guards.some(({ party }) => party === name),
      )
      for (const { name } of others)
        it(`${process.name}: ${step.name} also by ${name}`, () => {
          const wrong = planted(process, step.name, (rule) => ({ ...rule, by: [...rule.by, name] }))
          assert.ok(holes(process, wrong).length > 0)
        })
      const whenDue = step.guards.some(({ moment }) => moment === "due")
      for (const { name, turn, dueMs } of process.states)
        if (
          !step.from.includes(name) &&
          turn.length > 0 &&
          !(whenDue && dueMs === null) &&
          // At some time it could be done there.
          prepared(process, name, step)
        )
          it(`${process.name}: ${step.name} also in ${name}`, () => {
            const wrong = planted(process, step.name, (rule) => ({ ...rule, from: [...rule.from, name] }))
            assert.ok(holes(process, wrong).length > 0)
          })
      for (const guard of step.guards)
        it(`${process.name}: ${step.name} without its guard ${guard.is}`, () => {
          const wrong = planted(process, step.name, (rule) => ({
            ...rule,
            guards: rule.guards.filter((one) => one !== guard),
          }))
          assert.ok(holes(process, wrong).length > 0)
        })
      it(`${process.name}: ${step.name} without its documents, or without the state it leads from`, () => {
        const bare = planted(process, step.name, (rule) => ({
          ...rule,
          documents: [...rule.documents, "More"],
        }))
        const elsewhere = planted(process, step.name, (rule) => ({ ...rule, from: rule.from.slice(1) }))
        assert.ok(holes(process, bare).length > 0)
        assert.ok(holes(process, elsewhere).length > 0)
      })
    }
})
