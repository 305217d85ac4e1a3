import assert from "node:assert/strict"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { after, before, describe, it } from "node:test"
import { cryptoReady, encodeCbor, STAFF_TAG } from "@aceso/core"
import { followLive, pauseAfter } from "./live.ts"

/** What a server answers to the first, second, ... request; the last one holds for all that follow. */
type Answer = (response: ServerResponse) => void
let url: string
let script: readonly Answer[] = []
let asked: Readonly<Record<string, string | string[] | undefined>>[] = []
const server = createServer((request, response) => {
  asked.push(request.headers)
  script[Math.min(asked.length, script.length) - 1](response)
})
before(async () => {
  await cryptoReady
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/staff/live`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const EVENTS = { "content-type": "text/event-stream" }
const event = (name: string) => `event: ${name}\ndata: new\n\n`
const sends =
  (...parts: readonly string[]): Answer =>
  (response) => {
    response.writeHead(200, EVENTS)
    for (const part of parts) response.write(part)
  }
const ends =
  (...parts: readonly string[]): Answer =>
  (response) => {
    sends(...parts)(response)
    response.end()
  }
const answers =
  (status: number, headers: Record<string, string>, body: string | Uint8Array = ""): Answer =>
  (response) => {
    response.writeHead(status, headers)
    response.end(body)
  }

/** Follows until `until` was said, and answers with all that was, the pauses without waiting among it. */
async function followed(
  answersOf: readonly Answer[],
  until: string,
  options: { silentMs?: number; gapMs?: number } = {},
) {
  script = answersOf
  asked = []
  const said: string[] = []
  const pauses: number[] = []
  const ending = new AbortController()
  const say = (what: string) => {
    said.push(what)
    if (what === until) ending.abort()
  }
  await followLive(url, {
    caller: { seed: new Uint8Array(32).fill(1), tag: STAFF_TAG },
    signal: ending.signal,
    onTopic: (topic) => say(topic),
    onUp: () => say("up"),
    onDown: ({ code }) => say(code),
    random: () => 0.5,
    pause: async (ms) => void pauses.push(ms),
    gapMs: 0,
    ...options,
  })
  return { said, pauses }
}

describe("a page that listens", () => {
  it("signs without a body, and is told when it is heard and what is new", async () => {
    const { said } = await followed(
      [sends(event("ready"), event("inbox"), event("nonsense"), event("desk"))],
      "desk",
    )
    assert.deepEqual(said, ["up", "inbox", "desk"])
    assert.match(String(asked[0]["signature-input"]), /tag="aceso\/staff\/v1"/)
    assert.equal(asked[0]["content-length"], undefined)
    assert.equal(asked[0].cookie, undefined)
  })

  const cut: readonly (readonly [string, readonly string[]])[] = [
    ["in the middle of lines", ["event: rea", "dy\nda", "ta: new\n\nevent: inb", "ox\ndata: new\n", "\n"]],
    ["with other line ends", ["event: ready\r\ndata: new\r\n\r\nevent: inbox\rdata: new\r\r"]],
    [
      "with comments and fields that mean nothing here",
      [":x\n\nid: 1\nretry: 1\n", event("ready"), "event: inbox\nid: 2\ndata:\n\n"],
    ],
  ]
  for (const [how, parts] of cut)
    it(`understands events ${how}`, async () => {
      assert.deepEqual((await followed([sends(...parts)], "inbox")).said, ["up", "inbox"])
    })

  it("takes what has no data for no event", async () => {
    const { said } = await followed([sends(event("ready"), "event: inbox\n\n", event("desk"))], "desk")
    assert.deepEqual(said, ["up", "desk"])
  })

  const cbor = { "content-type": "application/cbor" }
  const refusal = (code: string) => encodeCbor({ code, message: "no" })
  const lies: readonly (readonly [string, Answer, string])[] = [
    ["that ends at once", ends(), "node_unreachable"],
    ["that says ready and ends", ends(event("ready")), "node_unreachable"],
    ["that breaks off", (response) => response.destroy(), "node_unreachable"],
    ["that says something else", answers(200, { "content-type": "text/html" }, "<p>hello"), "bad_answer"],
    ["that refuses", answers(403, cbor, refusal("not_permitted")), "not_permitted"],
    ["that is no node", answers(500, {}, "oops"), "bad_answer"],
    ["with a redirect", answers(302, { location: "http://127.0.0.1:1/" }), "bad_answer"],
    ["with a line without an end", sends("x".repeat(5_000)), "bad_answer"],
    [
      "with events without an end",
      sends(...Array.from({ length: 30 }, () => ":\n\n".repeat(32_768))),
      "bad_answer",
    ],
  ]
  for (const [what, answer, code] of lies)
    it(`comes again to a node ${what}, after pauses that grow`, async () => {
      const { said, pauses } = await followed(
        [answer, answer, answer, sends(event("ready"), event("inbox"))],
        "inbox",
      )
      const once = what === "that says ready and ends" ? ["up", code] : [code]
      assert.deepEqual(said, [...once, ...once, ...once, "up", "inbox"])
      assert.deepEqual(pauses, [750, 1_500, 3_000])
    })

  it("leaves a busy node alone for as long as it asks", async () => {
    const busy = answers(503, { ...cbor, "retry-after": "7" }, refusal("busy"))
    const { said, pauses } = await followed([busy, sends(event("ready"))], "up")
    assert.deepEqual([said, pauses], [["busy", "up"], [7_000]])
  })

  it("takes a silent line for a dead one", async () => {
    const { said } = await followed([sends(event("ready")), sends(event("ready"), event("inbox"))], "inbox", {
      silentMs: 200,
    })
    assert.deepEqual(said, ["up", "node_unreachable", "up", "inbox"])
  })

  it("is made to look no more often than it wants, and does not miss the last", async () => {
    const many = Array.from({ length: 200 }, () => event("inbox"))
    const heard = sends(event("ready"), ...many, event("desk"))
    assert.deepEqual((await followed([heard], "desk", { gapMs: 60_000 })).said, ["up", "inbox", "desk"])
    let looks = 0
    const ending = new AbortController()
    script = [sends(event("ready"), ...many)]
    asked = []
    await followLive(url, {
      ...{ caller: { seed: new Uint8Array(32), tag: STAFF_TAG }, signal: ending.signal, gapMs: 20 },
      onUp() {},
      onDown: () => assert.fail("nothing went wrong"),
      onTopic() {
        if (++looks === 2) ending.abort()
      },
    })
    assert.equal(looks, 2)
  })

  it("ends when it is told to", async () => {
    const ending = new AbortController()
    script = [sends(event("ready"))]
    asked = []
    await followLive(url, {
      caller: { seed: new Uint8Array(32), tag: STAFF_TAG },
      signal: ending.signal,
      onTopic() {},
      onUp: () => ending.abort(),
      onDown: () => assert.fail("nothing went wrong"),
    })
    assert.equal(asked.length, 1)
  })
})

describe("pauses", () => {
  const table: readonly (readonly [number, number, number])[] = [
    [0, 0, 0],
    [0, 1, 1_000],
    [1, 0, 500],
    [1, 1, 1_000],
    [4, 0.5, 6_000],
    [30, 0, 30_000],
    [30, 1, 60_000],
    [5_000, 1, 60_000],
  ]
  for (const [failures, random, ms] of table)
    it(`after ${failures} failures, at ${random}: ${ms} ms`, () =>
      assert.equal(pauseAfter(failures, random), ms))
})
