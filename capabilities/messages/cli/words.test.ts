import assert from "node:assert/strict"
import { it } from "node:test"
import { wordsTable } from "@aceso/cli/testing/words-table.ts"
import { readMessage } from "../client/communication.ts"
import { messagesWords } from "./words.ts"

wordsTable(messagesWords)

it("a message that was typed on any system has lines of one kind, and is told as it is", () => {
  const { write, lines } = messagesWords.forms.Communication
  const content = write({ text: "\ufeff20 kg\t4 ml\r\n  דוד\u200f 5\r\n" })
  assert.equal(readMessage(content).text, "20 kg\t4 ml\n  דוד\u200f 5\n")
  assert.deepEqual(lines(content), ["20 kg\t4 ml", "  דוד\u200f 5", ""])
})
