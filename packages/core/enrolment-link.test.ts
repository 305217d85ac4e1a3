import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import {
  type Cbor,
  type EnrolmentInvitation,
  encodeCbor,
  enrolmentFile,
  enrolmentLink,
  newPairingCode,
  readEnrolmentLink,
  toBase64Url,
} from "./index.ts"

const invitation: EnrolmentInvitation = {
  network: "north",
  genesis: new Uint8Array(32).fill(7),
  custodian: "city-hospital",
  url: "https://node.city.example",
  code: "7K2M-9QXR-4TBW-0HVC",
}
const APP = "https://app.example"
const linkOf = (content: object): string =>
  `${APP}/#enrol=${toBase64Url(encodeCbor(content as unknown as Cbor))}`

describe("the link of an enrolment", () => {
  it("has nothing but the app's origin before the mark that no browser sends", () => {
    const link = enrolmentLink(APP, invitation)
    assert.equal(link.split("#")[0], "https://app.example/")
    assert.doesNotMatch(link.slice(0, link.indexOf("#")), /city|north|7K2M/)
    assert.deepEqual(readEnrolmentLink(link), { origin: APP, invitation })
  })

  it("is read back, whatever it says, and by nothing that is cut or changed", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/)
    const host = fc.stringMatching(/^[a-z][a-z0-9]{0,20}\.example$/)
    const port = fc.constantFrom("", ":8443", ":1", ":65535")
    const origin = fc.tuple(host, port).map(([at, behind]) => `https://${at}${behind}`)
    const given = fc.record(
      {
        network: name,
        genesis: fc.uint8Array({ minLength: 32, maxLength: 32 }),
        custodian: name,
        url: origin,
        code: fc.constantFrom(...Array.from({ length: 50 }, newPairingCode)),
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(origin, given, fc.nat(), (app, one, place) => {
        const link = enrolmentLink(app, one)
        assert.deepEqual(readEnrolmentLink(link), { origin: app, invitation: one })
        const at = 1 + (place % (link.length - 1))
        assert.throws(() => readEnrolmentLink(link.slice(0, at)), { code: "bad_link" })
        const first = app.length + "/#enrol=".length
        const within = first + (place % (link.length - first))
        const other = `${link.slice(0, within)}${link[within] === "A" ? "B" : "A"}${link.slice(within + 1)}`
        // What is changed is refused, or is another invitation; it never means this one.
        try {
          assert.notDeepEqual(readEnrolmentLink(other).invitation, one)
        } catch (error) {
          assert.equal((error as { code?: string }).code, "bad_link", String(error))
        }
      }),
    )
  })

  const whole = { v: 1, ...invitation }
  const refused: readonly (readonly [comment: string, link: string])[] = [
    ["nothing", ""],
    ["another page", "https://app.example/"],
    ["plain HTTP on the web", enrolmentLink(APP, invitation).replace("https", "http")],
    ["an app with a path", enrolmentLink(APP, invitation).replace("/#", "/x/#")],
    ["a program instead of a page", enrolmentLink(APP, invitation).replace("https:", "javascript:")],
    ["a version that is not known", linkOf({ ...whole, v: 2 })],
    ["no version", linkOf(invitation)],
    ["more than it should say", linkOf({ ...whole, handle: new Uint8Array(32) })],
    ["no genesis", linkOf({ ...whole, genesis: undefined })],
    ["a code of another form", linkOf({ ...whole, code: "7K2M-9QXR-4TBW" })],
    ["a node on this machine, from the web", linkOf({ ...whole, url: "http://127.0.0.1:7440" })],
    ["a node without TLS", linkOf({ ...whole, url: "http://node.city.example" })],
    ["a node with a path", linkOf({ ...whole, url: "https://node.city.example/a" })],
    ["padding", `${enrolmentLink(APP, invitation)}=`],
    ["something behind it", `${enrolmentLink(APP, invitation)}&x=1`],
    ["no CBOR", `${APP}/#enrol=AAAA`],
    ["a list", `${APP}/#enrol=${toBase64Url(encodeCbor([1]))}`],
    ["a megabyte", `${APP}/#enrol=${"A".repeat(2 ** 20)}`],
  ]
  for (const [comment, link] of refused)
    it(`is none: ${comment}`, () => assert.throws(() => readEnrolmentLink(link), { code: "bad_link" }))

  it("is not made for an app or a node that it would not be read with", () => {
    for (const [origin, url] of [
      ["http://app.example", invitation.url],
      ["https://app.example/", invitation.url],
      ["https://user@app.example", invitation.url],
      [APP, "http://localhost:7440"],
    ])
      assert.throws(() => enrolmentLink(origin, { ...invitation, url }), { code: "bad_link" })
  })

  it("leads to this machine where the app is there too", () => {
    const own = { ...invitation, url: "http://127.0.0.1:7440" }
    const link = enrolmentLink("http://localhost:5173", own)
    assert.deepEqual(readEnrolmentLink(link).invitation, own)
  })

  it("is a file as well", () => {
    const file = enrolmentFile.toJson({ format: "aceso/enrolment/v1", ...invitation })
    assert.deepEqual(enrolmentFile.parse(JSON.parse(JSON.stringify(file)), "file", "json"), {
      format: "aceso/enrolment/v1",
      ...invitation,
    })
  })
})
