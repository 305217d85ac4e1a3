import assert from "node:assert/strict"
import { it } from "node:test"
import type { ProcessWords } from "../cases/words.ts"

/** What the words of a process have to have, as a test. Capabilities run it over theirs. */
export function wordsTable({ process, person, states, steps, forms }: ProcessWords): void {
  it(`${process.name} has words for every state and step, and a form for every document, and no others`, () => {
    const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name).sort()
    assert.deepEqual(Object.keys(states).sort(), names(process.states))
    assert.deepEqual(Object.keys(steps).sort(), [...names(process.steps), "open"].sort())
    const documents = [process.opens, ...process.steps].flatMap(({ documents }) => documents)
    assert.deepEqual(Object.keys(forms).sort(), [...new Set(documents)].sort())
    assert.equal(process.parties.find(({ name }) => name === person)?.is, "key")
  })
}
