import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  type Contract,
  type Guard,
  isEnd,
  type Licence,
  type Process,
  type PublicKey,
  put,
  type StepRule,
} from "@aceso/core"
import { type Case, cases, casesOf } from "../cases/v1/cases.ts"
import { licences } from "../governance/v1/governance.ts"
import { CASE, consortium, inputFor, memberFor, partyKey, prepared, twinOf } from "./process-world.ts"
import { call } from "./state.ts"
import { hashOf, keyOf } from "./world.ts"

/**
 * What a process must refuse, and what it must accept, worked out from its definition alone: every step in every state
 * by everybody, and each guard of each step broken once. Capabilities run it over their processes.
 */

interface Attempt {
  readonly comment: string
  readonly state: string
  readonly step: StepRule
  readonly by: readonly PublicKey[]
  readonly isAllowed: boolean
  readonly row: Case
  readonly time: number
  readonly input: ReturnType<typeof inputFor>
  readonly without?: { readonly member: string; readonly licence: Licence }
}

/** Whoever might try: parties, their twins, keys on paper, strangers. */
function callersOf(process: Process, row: Case, step: StepRule) {
  const callers: { name: string; by: PublicKey[]; isParty: boolean; row: Case }[] = []
  const mayBy = (party: string) => step.by.includes(party)
  for (const { name, is } of process.parties) {
    const key = is === "member" ? keyOf(memberFor(name)) : partyKey(name)
    callers.push({ name, by: [key], isParty: mayBy(name), row })
    if (is === "member") {
      callers.push({ name: `one like ${name}`, by: [keyOf(twinOf(name))], isParty: false, row })
      continue
    }
    callers.push({ name: `${name} and who pays`, by: [key, keyOf("stranger")], isParty: mayBy(name), row })
    callers.push({ name: `${name} and a suspended member`, by: [key, keyOf("shut")], isParty: false, row })
    const paper = keyOf(`paper of ${name}`)
    const withPaper = (of: string, isUsed: boolean): Case => ({
      ...row,
      parties: row.parties.map((one) => (one.party === name ? { ...one, key: null } : one)),
      capabilities: [{ key: paper, party: name, step: of, isUsed }],
    })
    const other = process.steps.find((one) => one !== step && one.by.includes(name))
    if (mayBy(name))
      callers.push(
        { name: `${name} by paper`, by: [paper], isParty: true, row: withPaper(step.name, false) },
        { name: `${name} by paper again`, by: [paper], isParty: false, row: withPaper(step.name, true) },
      )
    if (other)
      callers.push({
        name: `${name} by paper for ${other.name}`,
        by: [paper],
        isParty: false,
        row: withPaper(other.name, false),
      })
  }
  const nobody = (name: string, ...by: PublicKey[]) => callers.push({ name, by, isParty: false, row })
  nobody("a stranger", keyOf("stranger"))
  nobody("a suspended member", keyOf("shut"))
  nobody("nobody's key", keyOf("nobody"))
  return callers
}

/** Where no time is right for the step's guards, any time. */
const readyFor = (process: Process, state: string, step: StepRule) =>
  prepared(process, state, step) ??
  prepared(process, state, { ...step, guards: step.guards.filter(({ is }) => is === "equals") })

export function attemptsOf(process: Process): readonly Attempt[] {
  return process.states.flatMap(({ name: state }) =>
    process.steps.flatMap((step): Attempt[] => {
      const isHere = step.from.includes(state)
      const ready = readyFor(process, state, step)
      if (!ready) return []
      const { row, time } = ready
      const input = inputFor(process, step, row.size)
      const all = callersOf(process, row, step).map(
        ({ name, by, isParty, row }): Attempt => ({
          comment: `${state}: ${step.name} by ${name}`,
          state,
          step,
          by,
          isAllowed: isHere && isParty,
          row,
          time,
          input,
        }),
      )
      const allowed = all.find(({ isAllowed }) => isAllowed)
      return allowed ? [...all, ...brokenOf(process, allowed)] : all
    }),
  )
}

const butOf =
  (right: Attempt) =>
  (what: string, more: Partial<Attempt>): Attempt => ({
    ...right,
    comment: `${right.comment}, ${what}`,
    isAllowed: false,
    ...more,
  })

/** What is right but for one guard; with a counter also the last time that is allowed. */
function brokenGuard(process: Process, right: Attempt, guard: Guard): Attempt[] {
  const { row, step, input } = right
  const but = butOf(right)
  const acting = process.parties.find(({ name }) => step.by.includes(name))
  const counters = [{ name: guard.counter ?? "", count: guard.max ?? 0 }]
  switch (guard.is) {
    case "atMost":
      return [
        but("once too often", { row: { ...row, counters } }),
        but("for the last time", {
          row: { ...row, counters: [{ ...counters[0], count: counters[0].count - 1 }] },
          isAllowed: true,
        }),
      ]
    case "differs": {
      const parties = row.parties.map((one) =>
        one.party === guard.party && acting ? { ...one, member: memberFor(acting.name) } : one,
      )
      return [but("as the one that it must not be", { row: { ...row, parties } })]
    }
    case "licensed":
      return acting && guard.licence
        ? [
            but("without the licence", {
              without: { member: memberFor(acting.name), licence: guard.licence },
            }),
          ]
        : []
    case "newTag":
      return [but("with a tag that was used", { row: { ...row, tags: [hashOf("a tag")] } })]
    case "before":
    case "after": {
      const { row: there } = right
      const due = process.states.find(({ name }) => name === right.state)?.dueMs ?? 0
      const start =
        guard.moment === "opened" ? there.openedAt : there.since + (guard.moment === "due" ? due : 0)
      const edge = start + (guard.ms ?? 0)
      const wrong = guard.is === "before" ? edge : edge - 1
      return wrong < there.since ? [] : [but("at a wrong time", { time: wrong })]
    }
    case "equals":
      return [
        but("with another document", {
          input: {
            ...input,
            documents: input.documents.map((one, i) =>
              step.documents[i] === guard.document ? hashOf("another document") : one,
            ),
          },
        }),
      ]
  }
}

/** Whatever is right, with one thing wrong. */
function brokenOf(process: Process, right: Attempt): Attempt[] {
  const { row, step, input, time } = right
  const but = butOf(right)
  const documents = step.documents.map((name) => hashOf(`document ${name}`))
  return [
    ...step.guards.flatMap((guard) => brokenGuard(process, right, guard)),
    but("on an old base", { input: { ...input, base: row.size - 1 } }),
    but("on a base to come", { input: { ...input, base: row.size + 1 } }),
    but("with a document too many", { input: { ...input, documents: [...documents, hashOf("more")] } }),
    ...(documents.length > 0
      ? [but("with a document too few", { input: { ...input, documents: documents.slice(1) } })]
      : []),
    but("when the case has ended", { time: row.endsAt }),
    ...(step.names === null
      ? [but("naming somebody", { input: { ...input, names: "stranger" } })]
      : [
          but("naming a suspended member", { input: { ...input, names: "shut" } }),
          but("naming nobody", { input: { ...input, names: "nobody" } }),
        ]),
    but("as of before", {
      time: Math.max(row.since, time),
      input: { ...input, case: hashOf("another case") },
    }),
  ]
}

/** @returns what became of it: `accepted`, or the rejection */
export function outcomeOf(contract: Contract, process: Process, attempt: Attempt): string {
  const { row, step, state, by, time, input, without } = attempt
  const ready = readyFor(process, state, step)
  const world = consortium(process).write([...(ready?.writes ?? []), put(cases, [CASE], row)])
  if (without) {
    const all = world.get(licences, [without.member])?.all ?? []
    world.write([
      put(licences, [without.member], { all: all.filter(({ what }) => what !== without.licence) }),
    ])
  }
  const called = call(world, contract, "step", input, { signers: by, time })
  return "rejection" in called ? called.rejection : "accepted"
}

/** What a contract does otherwise than the process says. */
export const holesIn = (contract: Contract, process: Process): readonly string[] =>
  attemptsOf(process).flatMap((attempt) => {
    const outcome = outcomeOf(contract, process, attempt)
    return (outcome === "accepted") === attempt.isAllowed ? [] : [`${attempt.comment}: ${outcome}`]
  })

/** The table of a process, as tests. */
export function processTable(process: Process): void {
  const contract = casesOf([process])
  describe(`process ${process.name} ${process.version}`, () => {
    for (const { name } of process.states)
      it(`${name}: every step by everybody`, () => {
        const holes = holesIn(contract, process).filter((hole) => hole.startsWith(`${name}: `))
        assert.deepEqual(holes, [])
      })
    it("every step is accepted somewhere, nothing in an end", () => {
      const accepted = attemptsOf(process).filter(({ isAllowed }) => isAllowed)
      assert.deepEqual(
        process.steps.filter((step) => !accepted.some((one) => one.step === step)).map(({ name }) => name),
        [],
      )
      const ends = process.states.filter(isEnd).map(({ name }) => name)
      assert.ok(!accepted.some(({ state }) => ends.includes(state)))
    })
  })
}
