import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { canonicalJson, parseJson, randomBytes, toJson, utf8 } from "@aceso/core"
import fc from "fast-check"
import { type Message, mustBePlain, readMessage, writeMessage } from "./communication.ts"
import { MAX_TEXT } from "./limits.ts"

const auditEvent = canonicalJson(toJson({ resourceType: "AuditEvent", recorded: "2026-11-28T18:00:00Z" }))
const about = { custodian: "city-hospital", tag: randomBytes(16), salt: randomBytes(32), auditEvent }

describe("a message", () => {
  it("reads as it was written, whatever the text", () => {
    const plain = fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }).filter((text) => {
      try {
        mustBePlain(text)
        return true
      } catch {
        return false
      }
    })
    fc.assert(
      fc.property(plain, fc.boolean(), (text, isComplaint) => {
        const message: Message = { text, ...(isComplaint && { about }) }
        assert.deepEqual(readMessage(writeMessage(message)), message)
      }),
    )
  })

  it("is a FHIR Communication, in which the line of a complaint stands with what opens it", () => {
    const resource = JSON.parse(new TextDecoder().decode(writeMessage({ text: "Why?", about })))
    assert.equal(resource.resourceType, "Communication")
    assert.equal(resource.payload[0].contentString, "Why?")
    assert.equal(Buffer.from(resource.payload[1].contentAttachment.data, "base64").compare(auditEvent), 0)
    assert.match(resource.about[0].identifier.value, /^city-hospital\/[0-9a-f]{32}$/)
  })

  const words: [comment: string, text: string, code: string | undefined][] = [
    ["an inequality", "My INR was < 2 and > 1.5, a<b", undefined],
    ["lines and tabs", "one\n\ttwo", undefined],
    ["Chinese", "为什么有人看了我的病历？", undefined],
    ["an arrow and an address", "-> see http://example.org/a?b=<c", undefined],
    ["as long as may be", "a".repeat(MAX_TEXT), undefined],
    ["too long", "a".repeat(MAX_TEXT + 1), "message_too_long"],
    ["an address", "write to <li@hospital.example>", undefined],
    ["marks of direction and a soft hyphen", "דוד\u200f 5-10, Anti\u00adkoagulation", undefined],
    ["what HTML would take for an element", "pain <a lot, call>", "message_has_markup"],
    ["an element with < inside", '<img alt="<" src=x onerror="a()">', "message_has_markup"],
    ["a script", "<script>alert(1)</script>", "message_has_markup"],
    ["an image", 'x <img src=x onerror="a()">', "message_has_markup"],
    ["an element's end", "</p>", "message_has_markup"],
    ["a comment", "<!-- x", "message_has_markup"],
    ["a link with lines", "<a\nhref='javascript:a()'\n>", "message_has_markup"],
    ["nothing", "", "message_empty"],
    ["spaces", " \n ", "message_empty"],
    ["what turns the direction", "a\u202eb", "message_not_plain"],
    ["what has no width", "a\u200bb", "message_not_plain"],
    ["a carriage return", "a\rb", "message_not_plain"],
    ["an escape", "a\u001b[2Jb", "message_not_plain"],
  ]
  for (const [comment, text, code] of words)
    it(`${comment}: ${code ?? "taken"}`, () => {
      if (code === undefined) assert.equal(readMessage(writeMessage({ text })).text, text)
      else assert.throws(() => writeMessage({ text }), { code })
    })

  const written = JSON.parse(new TextDecoder().decode(writeMessage({ text: "Why?", about })))
  const others: [comment: string, content: Uint8Array][] = [
    ["no JSON", utf8("Why?")],
    ["another resource", as({ ...written, resourceType: "Observation" })],
    ["a narrative", as({ ...written, text: { status: "generated", div: "<div/>" } })],
    ["another status", as({ ...written, status: "entered-in-error" })],
    ["two texts", as({ ...written, about: undefined, payload: [written.payload[0], written.payload[0]] })],
    ["no text", as({ ...written, payload: [written.payload[1]] })],
    ["a line without its AuditEvent", as({ ...written, payload: [written.payload[0]] })],
    ["an AuditEvent without its line", as({ ...written, about: undefined })],
    ["two lines", as({ ...written, about: [written.about[0], written.about[0]] })],
    ["members in another order", utf8(JSON.stringify({ status: "completed", ...written }))],
    ["base64 with stray bits", as(withSalt(`${"A".repeat(42)}B=`))],
  ]
  for (const [comment, content] of others)
    it(`${comment} is none`, () => {
      assert.throws(() => readMessage(content), { code: "message_refused" })
    })

  it("larger than a message can be is none, before it is parsed", () => {
    assert.throws(() => readMessage(new Uint8Array(2 ** 20)), { code: "message_too_long" })
  })

  function as(value: object): Uint8Array {
    return canonicalJson(parseJson(JSON.stringify(value)))
  }
  function withSalt(valueBase64Binary: string) {
    const [line] = written.about
    return { ...written, about: [{ ...line, extension: [{ ...line.extension[0], valueBase64Binary }] }] }
  }
})
