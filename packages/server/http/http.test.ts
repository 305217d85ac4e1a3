import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { errorBody, PublicClient, StaffClient } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { contracts } from "@aceso/contracts"
import {
  account,
  type Bytes,
  type Cbor,
  decodeCbor,
  EXCHANGE_TAG,
  encodeCbor,
  fromHex,
  HANDLE_FIELD,
  handleField,
  handleSeed,
  MAX_ENVELOPE_BYTES,
  ownRecords,
  PATIENT_TAG,
  publicKey,
  randomBytes,
  rowKeyHash,
  type SignedHeaders,
  STAFF_TAG,
  signRequest,
  toHex,
  utf8,
  verifyResponse,
  verifyRow,
} from "@aceso/core"
import fc from "fast-check"
import { pathsBy, pathsWithoutQuestion } from "../testing/declared.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-http-"))
const faults: unknown[] = []
let network: DemoNetwork
let url: string

before(async () => {
  network = await DemoNetwork.open({ folder, port: 0, onFault: (_member, error) => faults.push(error) })
  await populate(network)
  url = urlOf("city-hospital")
})
after(async () => {
  await network.close()
  rmSync(folder, { recursive: true })
})

const urlOf = (member: string) => network.node(member).services.config.url
const readPerson = (name: string) => JSON.parse(readFileSync(join(folder, "people", `${name}.json`), "utf8"))
const staffSeed = (name: string): Bytes => fromHex(readPerson(name).seed)
const memberSeed = (member: string): Bytes => network.node(member).services.ledger.seed

/** A patient's handle at a custodian, and its key. */
function handleAt(name: string, member: string): { handle: Bytes; seed: Bytes } {
  const { seedFile, places } = readPerson(name)
  const { handle, keyNumber } = places.find((one: { custodian: string }) => one.custodian === member)
  const seed = fromHex(readFileSync(seedFile, "utf8").trim())
  return { handle: fromHex(handle), seed: handleSeed(seed, member, fromHex(handle), keyNumber) }
}

interface Answer {
  readonly status: number
  readonly body: Bytes
  readonly headers: Headers
}

async function send(target: string, body: Bytes, headers: Record<string, string>): Promise<Answer> {
  const init = { method: "POST", body: body as BodyInit, headers, signal: AbortSignal.timeout(600_000) }
  const response = await fetch(target, init)
  return { status: response.status, headers: response.headers, body: await response.bytes() }
}

interface Call {
  readonly path: string
  readonly body?: Bytes
  readonly seed: Bytes
  readonly tag?: string
  readonly base?: string
  readonly now?: number
}

const tagOf = (path: string): string =>
  path.startsWith("/staff") ? STAFF_TAG : path.startsWith("/exchange") ? EXCHANGE_TAG : PATIENT_TAG

function signed({
  path,
  body = encodeCbor({}),
  seed,
  tag = tagOf(path),
  base = url,
  now = Date.now(),
}: Call) {
  const target = base + path
  const request = { method: "POST", url: target, contentType: "application/cbor", body }
  const place = { custodian: "city-hospital", handle: handleAt("patient-1", "city-hospital").handle }
  const headers: Record<string, string> & SignedHeaders = { ...signRequest(request, seed, tag, now) }
  if (tagOf(path) === PATIENT_TAG) headers[HANDLE_FIELD] = handleField(place)
  return { target, body, headers }
}

async function call(options: Call): Promise<Answer> {
  const { target, body, headers } = signed(options)
  return send(target, body, headers)
}

const errorOf = ({ body }: Answer) => errorBody.parse(decodeCbor(body), "answer")

function refused(answer: Answer, status: number, code: string): void {
  const error = errorOf(answer)
  assert.deepEqual({ status: answer.status, code: error.code }, { status, code }, error.message)
  assert.ok(error.message.length > 10, "the message says what to do")
}

const staffPaths = pathsBy("staff")
const exchangePaths = ["/exchange/fetch", "/exchange/notice", "/exchange/request"]
const signedPaths = [...exchangePaths, ...staffPaths, ...pathsBy("patient", "visitor")]
const ledgerPaths = ["/ledger/submit", "/ledger/prove"]
/** Whose key opens a route. */
function rightSeed(path: string): Bytes {
  if (path.startsWith("/exchange")) return memberSeed("county-hospital")
  if (["/staff/request", "/staff/history", "/staff/write"].includes(path)) return staffSeed("city-doctor")
  return path.startsWith("/staff") ? staffSeed("city-admin") : handleAt("patient-1", "city-hospital").seed
}

const deep = (levels: number): Bytes => Uint8Array.from([...Array(levels).fill(0x81), 0x80])
const BAD_BODIES: [comment: string, body: Bytes, code: string][] = [
  ["malformed CBOR", fromHex("a1"), "bad_cbor"],
  ["no bytes", new Uint8Array(), "bad_cbor"],
  ["a long form of a length", fromHex("b800"), "bad_cbor"],
  ["an indefinite length", fromHex("bfff"), "bad_cbor"],
  ["a float", fromHex("f93c00"), "bad_cbor"],
  ["more bytes after the value", fromHex("a000"), "bad_cbor"],
  ["nesting of 1,000 levels", deep(1_000), "too_deep"],
  ["an unknown member", encodeCbor({ unknown: 1 }), "bad_input"],
  ["a list in place of an object", encodeCbor([]), "bad_input"],
]
const askNothing = pathsWithoutQuestion()
const readsCbor = (path: string) => path !== "/staff/import" && !askNothing.has(path)

describe("every signed route", () => {
  for (const path of signedPaths)
    describe(path, () => {
      it("refuses a request without a signature", async () =>
        refused(await send(url + path, encodeCbor({}), {}), 401, "bad_signature"))

      it("refuses another route's tag", async () => {
        for (const tag of [STAFF_TAG, EXCHANGE_TAG, PATIENT_TAG, "none"])
          if (tag !== tagOf(path))
            refused(await call({ path, seed: rightSeed(path), tag }), 401, "bad_signature")
      })

      it("refuses a key of nobody", async () => {
        const answer = await call({ path, seed: randomBytes(32) })
        assert.ok([400, 401, 403].includes(answer.status), `status ${answer.status}`)
        if (path.startsWith("/staff")) refused(answer, 403, "not_permitted")
        if (path.startsWith("/exchange")) refused(answer, 401, "unknown_key")
      })

      it("refuses the same request a second time", async () => {
        const { target, body, headers } = signed({ path, body: fromHex("a1"), seed: rightSeed(path) })
        const first = await send(target, body, headers)
        assert.ok(first.status < 500, `status ${first.status}`)
        refused(await send(target, body, headers), 401, "nonce_used")
      })

      it("refuses an expired request, and one from the future", async () => {
        for (const now of [Date.now() - 61_000, Date.now() + 30_000])
          refused(await call({ path, seed: rightSeed(path), now }), 401, "bad_signature")
      })

      it("refuses a signature for another body, path, query or node", async () => {
        const { target, body, headers } = signed({ path, seed: rightSeed(path) })
        refused(await send(target, encodeCbor([]), headers), 401, "bad_signature")
        refused(await send(`${target}?where=x`, body, headers), 401, "bad_signature")
        const elsewhere = await send(urlOf("county-hospital") + path, body, headers)
        if (path.startsWith("/staff")) refused(elsewhere, 403, "not_permitted")
        else if (path.startsWith("/patient")) refused(elsewhere, 400, "wrong_recipient")
        else refused(elsewhere, 401, "bad_signature")
        const other = signedPaths.find((one) => one !== path && tagOf(one) === tagOf(path))
        refused(await send(url + other, body, headers), 401, "bad_signature")
      })

      if (readsCbor(path))
        for (const [comment, body, code] of BAD_BODIES)
          it(`refuses ${comment}`, async () =>
            refused(await call({ path, body, seed: rightSeed(path) }), 400, code))
    })

  it("refuses bodies over the limit", async () => {
    for (const [path, size] of [
      ["/exchange/fetch", 256 * 1024 + 1],
      ["/exchange/request", 256 * 1024 + 1],
      ["/staff/patients", 8 * 2 ** 20 + 1],
      ["/staff/import", 96 * 2 ** 20 + 2 ** 16 + 1],
      ["/patient/change", 16 * 2 ** 20 + 1],
      ["/consents", 4 * 2 ** 20 + 1],
    ] as const) {
      // The length is looked at before the signature, so that any other body's serves here.
      const { headers } = signed({ path, seed: rightSeed(path) })
      refused(await send(url + path, new Uint8Array(size), headers), 413, "too_large")
    }
    for (const [path, size] of [
      ["/ledger/submit", MAX_ENVELOPE_BYTES + 1],
      ["/ledger/prove", 32_769],
    ] as const)
      refused(await send(url + path, new Uint8Array(size), {}), 413, "too_large")
  })
})

describe("what a patient is given", () => {
  const ask = async (path: string, question: object) => {
    const { handle, seed } = handleAt("patient-1", "city-hospital")
    return call({ path, body: encodeCbor({ handle, ...question }), seed })
  }

  it("comes in pages, of 500 entries or records at most", async () => {
    refused(await ask("/patient/account", { fromN: 1, limit: 501 }), 400, "bad_input")
    refused(await ask("/patient/records", { from: 0, limit: 501 }), 400, "bad_input")
    const records = async (from: number, limit: number) =>
      ownRecords.parse(decodeCbor((await ask("/patient/records", { from, limit })).body), "answer")
    const all = await records(0, 500)
    assert.ok(all.size > 5)
    assert.equal(all.records.length, all.size)
    const paged = [await records(0, 3), await records(3, 500)].flatMap(({ records }) => records)
    assert.deepEqual(paged, all.records)
    assert.deepEqual((await records(all.size, 500)).records, [])
  })

  it("has as many entries as the page asks for, and the highest number in each", async () => {
    const node = network.node("city-hospital")
    const { handle } = handleAt("patient-1", "city-hospital")
    const before = await node.services.vault.disclosureCount(handle)
    for (let i = 0; i < 5; i++)
      await node.services.disclosures.note(handle, utf8(`{"n":${i}}`), new Uint8Array(2 ** 21))
    const page = async (fromN: number, limit: number) =>
      account.parse(decodeCbor((await ask("/patient/account", { fromN, limit })).body), "answer")
    const first = await page(before + 1, 500)
    assert.equal(first.highest, before + 5)
    // Of 2 MiB each, one page holds one: 4 MiB and what stands beside them.
    assert.deepEqual(
      first.entries.map(({ n }) => n),
      [before + 1],
    )
    const one = await page(before + 5, 1)
    assert.deepEqual(
      one.entries.map(({ n }) => n),
      [before + 5],
    )
    assert.deepEqual((await page(before + 6, 1)).entries, [])
  })
})

describe("who may ask", () => {
  it("refuses staff of another organisation", async () => {
    for (const path of staffPaths)
      refused(await call({ path, seed: staffSeed("county-admin") }), 403, "not_permitted")
  })

  it("refuses a doctor where an administrator is needed, and the other way round", async () => {
    const administrative = [
      ...["import", "commit", "retry", "tamper", "propose", "vote", "report", "same", "apart", "misfiled"],
      ...["approve-move", "stop-move", "return-move", "told", "end-notice", "send-notices"],
      ...["add", "end", "list"],
    ]
    for (const path of administrative.map((name) => `/staff/${name}`))
      refused(await call({ path, seed: staffSeed("city-doctor") }), 403, "not_permitted")
    refused(await call({ path: "/staff/proof", seed: staffSeed("city-admin") }), 403, "not_a_practitioner")
  })

  it("serves nobody before the node is started, and says so", async () => {
    const node = network.node("city-hospital")
    node.services.readiness.isStarted = false
    try {
      for (const path of signedPaths) refused(await call({ path, seed: rightSeed(path) }), 503, "not_started")
      assert.equal((await new PublicClient(url).status()).isStarted, false)
    } finally {
      node.services.readiness.isStarted = true
    }
  })

  it("tells a contract's rejection as one, with its code", async () => {
    const body = encodeCbor({ proposal: randomBytes(32), yes: true })
    const before = faults.length
    refused(await call({ path: "/staff/vote", body, seed: staffSeed("city-admin") }), 409, "unknown_proposal")
    assert.equal(faults.length, before)
  })

  it("refuses a patient's key on another's handle, another custodian's handle and an unknown one", async () => {
    const [own, other] = [handleAt("patient-1", "city-hospital"), handleAt("patient-2", "city-hospital")]
    for (const [name, more] of [
      ["requests", {}],
      ["policy", {}],
      ["account", { fromN: 1, limit: 10 }],
      ["records", { from: 0, limit: 10 }],
    ] as const) {
      const path = `/patient/${name}`
      const ask = (handle: Bytes, seed = own.seed) =>
        call({ path, body: encodeCbor({ handle, ...more }), seed })
      assert.equal((await ask(own.handle)).status, 200, path)
      refused(await ask(other.handle), 403, "not_permitted")
      refused(await ask(handleAt("patient-1", "community-clinic").handle), 404, "unknown_patient")
      refused(await ask(new Uint8Array(own.handle.length)), 404, "unknown_patient")
      refused(await ask(own.handle, staffSeed("city-admin")), 403, "not_permitted")
    }
    const body = encodeCbor({ handle: own.handle, requestId: randomBytes(16) })
    refused(await call({ path: "/patient/decline", body, seed: other.seed }), 403, "not_permitted")
    refused(await call({ path: "/patient/decline", body, seed: own.seed }), 404, "not_found")
    const renewal = encodeCbor({ handle: own.handle, envelopes: [fromHex("a1")] })
    refused(await call({ path: "/patient/renew", body: renewal, seed: other.seed }), 403, "not_permitted")
    refused(await call({ path: "/patient/renew", body: renewal, seed: own.seed }), 400, "malformed")
  })

  it("gives blocks to custodians and authorities, not to the insurer", async () => {
    const body = encodeCbor({ from: 1 })
    for (const [member, name] of [
      ["city-hospital", "city-admin"],
      ["authority", "authority"],
    ]) {
      const { blocks } = await new StaffClient(urlOf(member), staffSeed(name)).blocks(1)
      assert.ok(blocks.length > 10)
    }
    const options = { path: "/staff/blocks", body, seed: staffSeed("insurer"), base: urlOf("insurer") }
    refused(await call(options), 403, "not_permitted")
  })

  it("tells nothing secret on the public reads", async () => {
    for (const path of ["/status", "/genesis", "/members", "/checkpoints"]) {
      const text = await (await fetch(url + path)).text()
      for (const { key } of network.node("city-hospital").services.staff.all.flatMap((one) => one.devices))
        assert.ok(!text.includes(toHex(key)), path)
      for (const secret of [memberSeed("city-hospital"), staffSeed("city-admin")])
        assert.ok(!text.includes(toHex(secret)), path)
    }
  })

  it("tells strangers nothing from which patients could be counted, and staff all of it", async () => {
    const told = await (await fetch(`${url}/status`)).json()
    for (const name of ["records", "committed", "patients", "disk"]) assert.ok(!(name in told), name)
    const { vault } = network.node("city-hospital").services
    // Dummies come and are committed while it is asked.
    const before = await vault.recordCount()
    const full = await new StaffClient(url, staffSeed("city-admin")).staffStatus()
    const after = await vault.recordCount()
    assert.equal(full.patients, (await vault.patients()).length)
    for (const name of ["records", "committed"] as const)
      assert.ok(before[name] <= full[name] && full[name] <= after[name], name)
    assert.ok(full.disk.vault > 0)
  })

  it("names one patient by alias", async () => {
    const staff = new StaffClient(url, staffSeed("city-doctor"))
    const [{ alias, handle, fhirId, hasKey }] = await network.node("city-hospital").services.vault.patients()
    const found = await staff.patient(alias)
    assert.ok(found)
    assert.deepEqual([found.alias, found.handle, found.fhirId, found.hasKey], [alias, handle, fhirId, hasKey])
    assert.equal(await staff.patient("nobody"), null)
  })

  it("answers unknown routes and methods with a CBOR error", async () => {
    refused(await send(`${url}/nothing`, new Uint8Array(), {}), 404, "not_found")
    for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await fetch(`${url}/staff/patients`, { method })
      const answer = { status: response.status, headers: response.headers, body: await response.bytes() }
      refused(answer, 404, "not_found")
    }
  })
})

describe("the ledger's tables", () => {
  const keyOf = (name: string) => (name === "members" ? ["city-hospital"] : [])

  it("proves a row of a members table, and absence", async () => {
    const client = new PublicClient(url)
    for (const [key, isThere] of [
      ["city-hospital", true],
      ["nobody", false],
    ] as const) {
      const { rows, checkpoint } = await client.prove("members", [[key]])
      const [proven] = rows
      assert.equal(proven.row !== null, isThere)
      assert.ok(verifyRow(checkpoint.stateRoot, rowKeyHash("members", [key]), proven.row, proven.proof))
    }
  })

  for (const { name, readers, key } of contracts.flatMap(({ tables }) => tables))
    it(`${name}: ${readers === "public" ? "provable" : "refused"} for a stranger`, async () => {
      const body = encodeCbor({ table: name, keys: [keyOf(name).map((part) => encodeCbor(part))], height: 0 })
      const answer = await send(`${url}/ledger/prove`, body, {})
      if (readers !== "public") refused(answer, 403, "not_permitted")
      else if (keyOf(name).length !== key.length) refused(answer, 400, "bad_input")
      else assert.equal(answer.status, 200)
    })

  it("proves up to 256 rows against one checkpoint, and no more", async () => {
    const client = new PublicClient(url)
    const keys = Array.from({ length: 256 }, (_, i) => [`nobody-${i}`])
    const { rows, checkpoint } = await client.prove("members", [["authority"], ...keys.slice(1)])
    assert.deepEqual([rows.length, rows.filter(({ row }) => row !== null).length], [256, 1])
    for (const [i, { row, proof }] of rows.entries())
      assert.ok(
        verifyRow(checkpoint.stateRoot, rowKeyHash("members", i === 0 ? ["authority"] : keys[i]), row, proof),
      )
    for (const many of [[], [...keys, ["one-more"]]])
      await assert.rejects(client.prove("members", many), { code: "bad_input" })
  })

  it("refuses unknown tables, wrong keys and heights that are not there", async () => {
    const ask = (table: string, key: readonly Bytes[], height = 0) =>
      send(`${url}/ledger/prove`, encodeCbor({ table, keys: [key], height }), {})
    refused(await ask("nothing", []), 400, "unknown_table")
    refused(await ask("members", [fromHex("a1")]), 400, "bad_cbor")
    refused(await ask("members", [encodeCbor(1)]), 400, "bad_input")
    const { status } = await ask("members", [encodeCbor("city-hospital")], 1_000_000)
    assert.equal(status, 404)
  })

  for (const [comment, body] of BAD_BODIES)
    it(`refuses ${comment} at both routes`, async () => {
      for (const path of ledgerPaths) {
        const answer = await send(url + path, body, {})
        assert.equal(answer.status, 400, `${path}: ${errorOf(answer).code}`)
      }
    })
})

describe("answers between organisations", () => {
  for (const path of exchangePaths)
    it(`${path} signs a refusal for this very request`, async () => {
      const key = publicKey(memberSeed("city-hospital"))
      for (const seed of [memberSeed("county-hospital"), randomBytes(32)]) {
        const { target, body, headers } = signed({ path, body: fromHex("a1"), seed })
        const { status, body: answer, headers: given } = await send(target, body, headers)
        assert.ok(status >= 400 && status < 500)
        const read = (name: string) => given.get(name) ?? undefined
        verifyResponse(status, answer, read, headers.signature, key, Date.now())
        const another = signed({ path, body: fromHex("a1"), seed }).headers.signature
        assert.throws(() => verifyResponse(status, answer, read, another, key, Date.now()), {
          code: "bad_signature",
        })
        assert.throws(() => verifyResponse(200, answer, read, headers.signature, key, Date.now()), {
          code: "bad_signature",
        })
      }
    })
})

describe("anything at all", () => {
  const paths = [...signedPaths, ...ledgerPaths, "/nothing"]
  const junk: fc.Arbitrary<Cbor> = fc.letrec<{ value: Cbor }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.integer({ min: 0 }),
      fc.string({ maxLength: 20 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.constant(null),
      fc.boolean(),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(
        fc.constantFrom("handle", "from", "table", "key", "height", "requests", "payloadId", "copies", "x"),
        tie("value"),
        { maxKeys: 4 },
      ),
    ) as fc.Arbitrary<Cbor>,
  })).value
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    junk.map((value) => encodeCbor(value)),
  )
  const headerValue = fc
    .string({ unit: "grapheme-ascii", maxLength: 60 })
    .map((text) => text.replace(/[^\x20-\x7e]/g, ""))
  const headers = fc.record(
    {
      signature: headerValue,
      "signature-input": headerValue,
      "content-digest": headerValue,
      "content-type": headerValue,
      accept: headerValue,
    },
    { requiredKeys: [] },
  )
  const numRuns = Number(process.env.ACESO_FUZZ ?? 5000)

  it(`is answered with a 4xx that says why (${numRuns} cases)`, async () => {
    faults.length = 0
    const harmless = (path: string) => readsCbor(path)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        body,
        headers,
        fc.constantFrom("unsigned", "signed", "spoilt"),
        async (path, content, given, how) => {
          const isKnown = signedPaths.includes(path)
          const isSigned = how !== "unsigned" && isKnown && harmless(path)
          const made = isSigned ? signed({ path, body: content, seed: rightSeed(path) }).headers : {}
          const answer = await send(
            url + path,
            content,
            how === "signed" ? { ...given, ...made } : { ...made, ...given },
          )
          if (answer.status === 200 && path === "/staff/blocks") return // {"from": n} is a good question
          assert.ok(answer.status >= 400 && answer.status < 500, `${path}: status ${answer.status}`)
          const { code, message } = errorOf(answer)
          assert.ok(code !== "" && message !== "")
        },
      ),
      { numRuns },
    )
    assert.deepEqual(faults, [])
    assert.equal((await new PublicClient(url).status()).member, "city-hospital")
    assert.ok((await new StaffClient(url, staffSeed("city-admin")).patients()).patients.length > 0)
  })
})
