import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { after, before, describe, it } from "node:test"
import { type BoxAt, type DeviceGift, FirstDevice, SecondDevice } from "@aceso/client"
import {
  type Bytes,
  type Cbor,
  decodeCbor,
  encodeCbor,
  PAIRING_MS,
  PlatformError,
  publicKey,
  randomBytes,
  signBox,
} from "@aceso/core"
import { BOXES_PER_ADDRESS, DeviceBoxes } from "./device-boxes.ts"
import { deviceBoxRoutes } from "./routes.ts"

const APP = "https://app.north.example"
const FROM = "192.0.2.1"
const genesis = randomBytes(32)
const gift: DeviceGift = {
  seed: randomBytes(32),
  kept: {
    places: [{ custodian: "city", handle: randomBytes(32), keyNumber: 1, url: "https://city.example" }],
  },
}

type Body = Record<string, Cbor>
/** How the operator answers: as it should, unless a test lets it lie. */
let lie: (path: string, body: Body, honest: (body: Body) => Promise<Body>) => Promise<Body>
const honestly: typeof lie = (_path, body, honest) => honest(body)
let now = 1_000_000
let boxes: DeviceBoxes
let server: Server
let at: BoxAt
/** Everything that the operator was told. */
let seen: Bytes[] = []

before(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", async () => {
      const route = deviceBoxRoutes(boxes).find(({ path }) => path === request.url)
      const body = new Uint8Array(Buffer.concat(parts))
      seen.push(body)
      const honest = async (given: Body) => {
        assert.ok(route?.by === "nobody" && route.method === "post")
        return decodeCbor(await route.answerTo(encodeCbor(given), FROM)) as Body
      }
      try {
        response.end(encodeCbor(await lie(request.url ?? "", decodeCbor(body) as Body, honest)))
      } catch (error) {
        assert.ok(error instanceof PlatformError, String(error))
        response.writeHead(400).end(encodeCbor({ code: error.code, message: error.message }))
      }
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  at = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, origin: APP, pollMs: 5 }
})
after(() => server.close())

async function bothCome() {
  const first = await FirstDevice.open(at, genesis)
  const met = first.met()
  const second = await SecondDevice.begin(at, first.offer, genesis)
  await met
  return { first, second }
}
const fresh = () => {
  lie = honestly
  now = 1_000_000
  seen = []
  boxes = new DeviceBoxes(APP, () => now)
}
const others = (digits: string) => String((Number(digits) + 1) % 1_000_000).padStart(6, "0")
const includes = (all: Bytes, part: Bytes) => Buffer.from(all).includes(Buffer.from(part))

describe("a second device", () => {
  it("gets seed and places once the digits that it shows were typed on the first one, and says so", async () => {
    fresh()
    const { first, second } = await bothCome()
    const given = second.given()
    await first.give(second.digits, gift)
    assert.deepEqual(await given, gift)
    const done = first.done()
    await second.keeps()
    await done
    await assert.rejects(second.given(), { code: "unknown_code" })
    const [place] = gift.kept.places
    for (const secret of [gift.seed, place.handle, first.offer.secret, genesis])
      assert.ok(!seen.some((one) => includes(one, secret)), "the operator sees nothing but sealed bytes")
  })

  it("is overtaken by a photographer, whose digits nobody types: nothing is handed over", async () => {
    fresh()
    const first = await FirstDevice.open(at, genesis)
    const met = first.met()
    const photographer = await SecondDevice.begin(at, first.offer, genesis)
    await met
    await assert.rejects(SecondDevice.begin(at, first.offer, genesis), { code: "code_used" })
    await assert.rejects(first.give(others(photographer.digits), gift), { code: "digits_differ" })
    await assert.rejects(first.give(photographer.digits, gift), { code: "code_used" })
    await assert.rejects(photographer.given(), { code: "unknown_code" })
  })

  it("has come before its digits are tried", async () => {
    fresh()
    const first = await FirstDevice.open(at, genesis)
    await assert.rejects(first.give("123456", gift), { code: "no_device_yet" })
  })

  it("of another network is told so, and uses nothing up", async () => {
    fresh()
    const first = await FirstDevice.open(at, genesis)
    const other = SecondDevice.begin(at, first.offer, randomBytes(32))
    await assert.rejects(other, { code: "wrong_network" })
    const met = first.met()
    await SecondDevice.begin(at, first.offer, genesis)
    await met
  })

  it("is handed things once: a second taker has nothing, with or without a token", async () => {
    fresh()
    const { first, second } = await bothCome()
    await first.give(second.digits, gift)
    const { box } = first.offer
    for (const token of [null, randomBytes(32)])
      assert.throws(() => boxes.read({ box, slot: "gift", token }), { code: "unknown_code" })
    assert.deepEqual(await second.given(), gift)
    await assert.rejects(second.given(), { code: "unknown_code" })
  })

  it("has ten minutes", async () => {
    fresh()
    const { first, second } = await bothCome()
    now += PAIRING_MS
    await assert.rejects(first.give(second.digits, gift), { code: "unknown_code" })
    await assert.rejects(SecondDevice.begin(at, first.offer, genesis), { code: "unknown_code" })
  })

  it("opens nothing that was sealed for another pairing, also not what its first device left before", async () => {
    fresh()
    const once = await bothCome()
    await once.first.give(once.second.digits, gift)
    const { box } = once.first.offer
    let kept: Body = {}
    lie = async (_path, body, honest) => {
      const answer = await honest(body)
      if (body.slot === "gift") kept = answer
      return answer
    }
    await once.second.given()
    assert.ok(kept.content)
    const again = await bothCome()
    assert.notDeepEqual(again.first.offer.box, box)
    lie = async (_path, body, honest) => (body.slot === "gift" ? kept : honest(body))
    await assert.rejects(again.second.given(), { code: "bad_pairing" })
  })

  /** What an operator could do; each ends without anybody having anything. */
  const lies: readonly (readonly [string, typeof lie])[] = [
    [
      "puts another key in place of the new device's",
      async (_path, body, honest) => {
        const answer = await honest(body)
        return body.slot === "key" && answer.content ? { ...answer, content: randomBytes(1244) } : answer
      },
    ],
    [
      "swaps two letters",
      async (path, body, honest) =>
        path === "/second/read" && body.slot === "key" ? honest({ ...body, slot: "commit" }) : honest(body),
    ],
    [
      "draws the nonce itself",
      async (_path, body, honest) => {
        const answer = await honest(body)
        return body.slot === "nonce" && answer.content ? { ...answer, content: randomBytes(60) } : answer
      },
    ],
  ]
  for (const [comment, how] of lies)
    it(`is nobody's where the operator ${comment}`, async () => {
      fresh()
      lie = how
      const first = await FirstDevice.open(at, genesis)
      const ended = new AbortController()
      const sides = [first.met(ended.signal), SecondDevice.begin(at, first.offer, genesis, ended.signal)]
      const wrong = await Promise.race(
        sides.map((side) =>
          side.then(
            () => undefined,
            (error: unknown) => error,
          ),
        ),
      )
      const later =
        wrong ??
        (await sides[0].then(
          () => undefined,
          (error: unknown) => error,
        ))
      ended.abort()
      await Promise.allSettled(sides)
      assert.ok(later instanceof PlatformError)
      assert.equal(later.code, "bad_pairing")
    })

  it("takes no gift of anybody else who has seen the code, not even with the operator's help", async () => {
    fresh()
    const { first, second } = await bothCome()
    const box = publicKey(randomBytes(32))
    lie = async (_path, body, honest) =>
      body.slot === "gift"
        ? { content: randomBytes(2000), signature: signBox(APP, "gift", box, randomBytes(32)) }
        : honest(body)
    await assert.rejects(second.given(), { code: "bad_pairing" })
    await first.close()
  })
})

describe("a box at the app's operator", () => {
  const seed = randomBytes(32)
  const box = publicKey(seed)
  const signed = (word: "open" | "close" | "nonce" | "gift", content?: Bytes, by = seed, app = APP) =>
    signBox(app, word, box, by, content)
  const content = randomBytes(40)
  const token = randomBytes(32)
  const rows: readonly (readonly [string, () => unknown, string])[] = [
    [
      "opened for another app",
      () => boxes.open(box, signed("open", undefined, seed, "https://app.south.example"), FROM),
      "bad_signature",
    ],
    [
      "opened by another key",
      () => boxes.open(box, signed("open", undefined, randomBytes(32)), FROM),
      "bad_signature",
    ],
    ["opened twice", () => boxes.open(box, signed("open"), FROM), "code_used"],
    [
      "a nonce before a device came",
      () => boxes.leave({ box, slot: "nonce", content, signature: signed("nonce", content) }),
      "code_used",
    ],
    [
      "a letter that the key of the box did not sign",
      () => boxes.leave({ box, slot: "nonce", content, signature: signed("nonce", randomBytes(40)) }),
      "bad_signature",
    ],
    ["a key before a commitment", () => boxes.send({ box, slot: "key", content, token }), "code_used"],
    [
      "closed by somebody else",
      () => boxes.close(box, signed("close", undefined, randomBytes(32))),
      "bad_signature",
    ],
    [
      "a box that is not there",
      () => boxes.read({ box: publicKey(randomBytes(32)), slot: "commit", token: null }),
      "unknown_code",
    ],
  ]
  for (const [comment, attack, code] of rows)
    it(`refuses: ${comment}`, () => {
      fresh()
      boxes.open(box, signed("open"), FROM)
      assert.throws(attack, { code })
      assert.deepEqual(boxes.read({ box, slot: "commit", token: null }), { content: null, signature: null })
    })

  it("is told apart from no other that is unknown: closed, past, or never there", () => {
    fresh()
    const said = (ask: () => unknown) => {
      try {
        ask()
      } catch (error) {
        return error instanceof PlatformError ? [error.code, error.message] : error
      }
      return undefined
    }
    const read = () => boxes.read({ box, slot: "gift", token })
    const never = said(read)
    boxes.open(box, signed("open"), FROM)
    now += PAIRING_MS
    const past = said(read)
    now = 1_000_000
    boxes.close(box, signed("close"))
    assert.deepEqual([past, said(read)], [never, never])
  })

  it("is nowhere but at the operator, and their number is bounded, until room comes back", () => {
    fresh()
    assert.throws(() => new DeviceBoxes(undefined).open(box, signed("open"), FROM), { code: "bad_signature" })
    const one = (from: string) => {
      const own = randomBytes(32)
      const name = publicKey(own)
      boxes.open(name, signBox(APP, "open", name, own), from)
      return () => boxes.close(name, signBox(APP, "close", name, own))
    }
    // The attack: one address takes all of them, so that nobody adds a device.
    const close = one("10.0.0.0")
    for (let i = 1; i < BOXES_PER_ADDRESS; i++) one("10.0.0.0")
    assert.throws(() => one("10.0.0.0"), { code: "too_many_pairings", message: /from this network address/ })
    close()
    one("10.0.0.0")
    for (let i = BOXES_PER_ADDRESS; i < 2000; i++) one(`10.0.0.${Math.floor(i / BOXES_PER_ADDRESS)}`)
    assert.throws(() => one("10.0.1.0"), { code: "too_many_pairings", message: /too many devices/ })
    now += PAIRING_MS
    assert.ok(one("10.0.0.0"))
  })
})
