import assert from "node:assert/strict"
import { it } from "node:test"
import { messages } from "../definition/process.ts"
import { messagesWords } from "./words.ts"

it("has words for every state and step, and a form for every document, and no others", () => {
  const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name).sort()
  assert.deepEqual(Object.keys(messagesWords.states).sort(), names(messages.states))
  assert.deepEqual(Object.keys(messagesWords.steps).sort(), [...names(messages.steps), "open"].sort())
  const documents = [messages.opens, ...messages.steps].flatMap(({ documents }) => documents)
  assert.deepEqual(Object.keys(messagesWords.forms).sort(), [...new Set(documents)].sort())
})
