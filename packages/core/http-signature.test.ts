import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import fc from "fast-check"
import { type Bytes, toBase64, toHex, utf8 } from "./bytes.ts"
import { cryptoReady, publicKey, sha256, sign } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import {
  contentDigest,
  type HttpRequest,
  type SignedHeaders,
  signRequest,
  signResponse,
  verifyRequest,
  verifyResponse,
} from "./http-signature.ts"

before(() => cryptoReady)

const TAG = "aceso/exchange/v1"
const seed: Bytes = new Uint8Array(32).fill(1)
const otherSeed: Bytes = new Uint8Array(32).fill(2)
const KEYID = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
const NONCE = "000102030405060708090a0b0c0d0e0f"
const created = 1_800_000_000
const now = created * 1000
const request: HttpRequest = {
  method: "POST",
  url: "https://village.example/exchange/fetch?part=1",
  contentType: "application/cbor",
  body: utf8("hello"),
}

type Headers = Partial<SignedHeaders>
const readerOf = (headers: object) => (name: string) => (headers as Record<string, string | undefined>)[name]
const verified = (headers: Headers, change: Partial<HttpRequest> = {}, at = now, tag = TAG) =>
  verifyRequest(
    { ...request, contentType: headers["content-type"] ?? "", ...change },
    readerOf(headers),
    tag,
    at,
  )
const refused = (pattern = /./) => ({ name: "PlatformError", code: "bad_signature", message: pattern })
const signature = (base: string, key = seed) => `sig1=:${toBase64(sign(utf8(base), key))}:`

/** RFC 9421 section 2.5, written out. */
const DIGEST = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:"
const COMPONENTS = '("@method" "@authority" "@target-uri" "content-digest" "content-type")'
const PARAMETERS = `;created=1800000000;expires=1800000060;nonce="${NONCE}";keyid="${KEYID}";tag="${TAG}"`
const LINES = `"@method": POST
"@authority": village.example
"@target-uri": https://village.example/exchange/fetch?part=1
"content-digest": ${DIGEST}
"content-type": application/cbor`

/** Headers with a right signature over whatever the input says. */
const crafted = (input = COMPONENTS + PARAMETERS, lines = LINES, digest = DIGEST, key = seed) => ({
  "content-type": request.contentType,
  "content-digest": digest,
  "signature-input": `sig1=${input}`,
  signature: signature(`${lines}\n"@signature-params": ${input}`, key),
})

describe("the signature base (RFC 9421 section 2.5)", () => {
  it("of a request is this text", () => {
    const found = verified(crafted())
    assert.equal(toHex(found.key), KEYID)
    assert.equal(toHex(found.nonce), NONCE)
    assert.equal(found.expires, now + 60_000)
    assert.equal(found.signature, crafted().signature)
  })
  it("is what signRequest signs, apart from the nonce", () => {
    const made = signRequest(request, seed, TAG, now + 999)
    const nonce = /nonce="([0-9a-f]{32})"/.exec(made["signature-input"])?.[1] ?? ""
    assert.deepEqual(made, crafted(COMPONENTS + PARAMETERS.replace(NONCE, nonce)))
  })
  it("of an answer is this text", () => {
    const made = signResponse(200, utf8("hello"), "sig1=:AAAA:", seed, now)
    const input = `("@status" "content-digest" "signature";req;key="sig1");created=1800000000;keyid="${KEYID}";tag="aceso/answer/v1"`
    assert.deepEqual(made, {
      "content-digest": DIGEST,
      "signature-input": `sig1=${input}`,
      signature: signature(`"@status": 200
"content-digest": ${DIGEST}
"signature";req;key="sig1": :AAAA:
"@signature-params": ${input}`),
    })
  })
  it("content-digest of nothing", () =>
    assert.equal(contentDigest(new Uint8Array(0)), "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"))
})

describe("requests", () => {
  const made = signRequest(request, seed, TAG, now)
  it("round trip", () => assert.deepEqual(verified(made).key, publicKey(seed)))
  it("round trip of an empty body and another port", () => {
    const other = { ...request, method: "GET", url: "http://127.0.0.1:8080/", body: new Uint8Array(0) }
    const headers = signRequest(other, seed, TAG, now)
    assert.deepEqual(verifyRequest(other, readerOf(headers), TAG, now).key, publicKey(seed))
  })
  it("every request has a nonce of its own", () => {
    const nonces = Array.from({ length: 50 }, () =>
      toHex(verified(signRequest(request, seed, TAG, now)).nonce),
    )
    assert.equal(new Set(nonces).size, 50)
  })

  const components: readonly (readonly [comment: string, change: Partial<HttpRequest>])[] = [
    ["another method", { method: "PUT" }],
    ["another host", { url: request.url.replace("village", "city") }],
    ["another port", { url: request.url.replace("example/", "example:444/") }],
    ["another scheme", { url: request.url.replace("https", "http") }],
    ["another path", { url: request.url.replace("fetch", "request") }],
    ["another query", { url: request.url.replace("part=1", "part=2") }],
    ["no query", { url: request.url.replace("?part=1", "") }],
    ["a fragment", { url: `${request.url}#x` }],
    ["another body", { body: utf8("hellp") }],
    ["a longer body", { body: utf8("hello ") }],
    ["no body", { body: new Uint8Array(0) }],
    ["another content type", { contentType: "application/json" }],
    ["a content type with a parameter", { contentType: "application/cbor; charset=x" }],
    ["no content type", { contentType: "" }],
  ]
  for (const [comment, change] of components)
    it(`${comment} is refused`, () => assert.throws(() => verified(made, change), refused()))

  const times: readonly (readonly [comment: string, at: number, message: RegExp | undefined])[] = [
    ["at its last moment", now + 60_000, undefined],
    ["expired by a millisecond", now + 60_001, /expired/],
    ["a day old", now + 86_400_000, /expired/],
    ["five seconds of a wrong clock", now - 5_000, undefined],
    ["more than that from the future", now - 5_001, /future/],
  ]
  for (const [comment, at, message] of times)
    it(comment, () => {
      if (message) assert.throws(() => verified(made, {}, at), refused(message))
      else assert.ok(verified(made, {}, at))
    })

  it("a wrong tag is refused", () =>
    assert.throws(() => verified(made, {}, now, "aceso/patient/v1"), refused(/tag/)))
})

describe("parameters and components, each rightly signed", () => {
  const parts = PARAMETERS.slice(1).split(";")
  const join = (all: readonly string[]) => COMPONENTS + all.map((part) => `;${part}`).join("")
  const names = parts.map((part) => part.split("=")[0])
  const set = (name: string, value: string) => join(parts.with(names.indexOf(name), `${name}=${value}`))
  const names5 = /parameters must be created, expires, nonce, keyid, tag/
  const cover = /must cover @method/
  const rows: readonly (readonly [comment: string, input: string, message: RegExp])[] = [
    ...names.map((name, i) => [`${name} missing`, join(parts.toSpliced(i, 1)), names5] as const),
    ...names
      .slice(1)
      .map(
        (name, i) =>
          [
            `${name} before ${names[i]}`,
            join(parts.with(i, parts[i + 1]).with(i + 1, parts[i])),
            names5,
          ] as const,
      ),
    ["alg present", join([...parts, 'alg="ed25519"']), names5],
    ["alg first", join(['alg="ed25519"', ...parts]), names5],
    ["an unknown parameter", join([...parts, "x=1"]), names5],
    ["a parameter twice", join([...parts, parts[0]]), /cannot be read/],
    ["no parameters", COMPONENTS, names5],
    ["created a string", set("created", '"1800000000"'), /integers/],
    ["created a date", set("created", "@1800000000"), /./],
    ["created a boolean", set("created", "?1"), /./],
    ["created with a decimal point", set("created", "1800000000.0"), /cannot be read/],
    ["created with a leading zero", set("created", "01800000000"), /cannot be read/],
    ["expires a string", set("expires", '"1800000060"'), /integers/],
    ["created with a fraction", set("created", "1800000000.5"), /integers/],
    ["expires with a fraction", set("expires", "1800000059.5"), /integers/],
    ["created too large to be exact", set("created", "999999999999999"), /future/],
    ["expires in 61 s", set("expires", "1800000061"), /60 s at most/],
    ["expires in a year", set("expires", "1831536000"), /60 s at most/],
    ["expires before it was made", set("expires", "1799999999"), /expired/],
    ["created long ago, expires in time", set("created", "1799999000"), /60 s at most/],
    ["created in the future", set("created", "1800000006"), /future/],
    ["nonce bytes", set("nonce", ":AAECAwQFBgcICQoLDA0ODw==:"), /nonce/],
    ["nonce a number", set("nonce", "5"), /nonce/],
    ["nonce a token", set("nonce", `a${NONCE.slice(1)}`), /nonce/],
    ["nonce too short", set("nonce", `"${NONCE.slice(2)}"`), /nonce/],
    ["nonce too long", set("nonce", `"${NONCE}00"`), /nonce/],
    ["nonce in capitals", set("nonce", `"${NONCE.toUpperCase()}"`), /nonce/],
    ["nonce empty", set("nonce", '""'), /nonce/],
    ["keyid of another key", set("keyid", `"${toHex(publicKey(otherSeed))}"`), /not by this key/],
    ["keyid of a key of small order", set("keyid", `"01${"00".repeat(31)}"`), /not by this key/],
    ["keyid no hexadecimal", set("keyid", '"village-practice"'), /keyid/],
    ["keyid in capitals", set("keyid", `"${KEYID.toUpperCase()}"`), /keyid/],
    ["keyid bytes", set("keyid", ":AAAA:"), /keyid/],
    ["another tag", set("tag", '"aceso/patient/v1"'), /tag/],
    ["tag a token", set("tag", TAG), /tag/],
    [
      "spaces around a parameter",
      (COMPONENTS + PARAMETERS).replace(";created", "; created"),
      /cannot be read/,
    ],
    ["two spaces between components", (COMPONENTS + PARAMETERS).replace('" "', '"  "'), /cannot be read/],
    [
      "a component's parameter",
      (COMPONENTS + PARAMETERS).replace('"@method"', '"@method";sf'),
      /cannot be read/,
    ],
    ["a component of the request", (COMPONENTS + PARAMETERS).replace('"@method"', '"@method";req'), /./],
    ["a component that is a token", (COMPONENTS + PARAMETERS).replace('"@method"', "method"), /./],
    ["a component that is a number", (COMPONENTS + PARAMETERS).replace('"@method"', "5"), /./],
    ["no components", `()${PARAMETERS}`, cover],
    ["an item for a list", `"@method"${PARAMETERS}`, /./],
  ]
  for (const [comment, input, message] of rows)
    it(comment, () => assert.throws(() => verified(crafted(input)), refused(message)))

  const lines = LINES.split("\n")
  const items = COMPONENTS.slice(1, -1).split(" ")
  const covering = (order: readonly number[]) =>
    crafted(`(${order.map((i) => items[i]).join(" ")})${PARAMETERS}`, order.map((i) => lines[i]).join("\n"))
  items.forEach((item, i) => {
    const all = [...items.keys()]
    it(`${item} not covered`, () =>
      assert.throws(() => verified(covering(all.toSpliced(i, 1))), refused(cover)))
    it(`${item} covered twice`, () => assert.throws(() => verified(covering([...all, i])), refused(cover)))
  })
  it("components in another order", () =>
    assert.throws(() => verified(covering([1, 0, 2, 3, 4])), refused(cover)))
  it("one component more", () =>
    assert.throws(
      () => verified(crafted(COMPONENTS.replace(")", ' "date")') + PARAMETERS, `${LINES}\n"date": x`)),
      refused(cover),
    ))
  it("signed with another key than keyid says", () =>
    assert.throws(
      () => verified(crafted(undefined, undefined, undefined, otherSeed)),
      refused(/not by this key/),
    ))
})

describe("header fields", () => {
  const made = crafted()
  const input = made["signature-input"]
  const sha512 =
    "sha-512=:m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==:"
  const withDigest = (digest: string) => crafted(undefined, LINES.replace(DIGEST, digest), digest)
  const rows: readonly (readonly [comment: string, headers: Headers])[] = [
    ["no signature-input", { ...made, "signature-input": undefined }],
    ["no signature", { ...made, signature: undefined }],
    ["both empty", { ...made, "signature-input": "", signature: "" }],
    ["no content-digest", { ...made, "content-digest": undefined }],
    ["several signatures", { ...made, "signature-input": `${input}, sig2=("@method")` }],
    ["the same signature twice", { ...made, "signature-input": `${input}, ${input}` }],
    ["another signature before it", { ...made, "signature-input": `sig2=("@method"), ${input}` }],
    ["another label", { ...made, "signature-input": input.replace("sig1", "sig2") }],
    ["another label of the signature", { ...made, signature: made.signature.replace("sig1", "sig2") }],
    ["a label without a value", { ...made, "signature-input": "sig1" }],
    ["a signature that is cut", { ...made, signature: `${made.signature.slice(0, -5)}:` }],
    ["a signature that is a string", { ...made, signature: `sig1="${made.signature.slice(6, -1)}"` }],
    ["a signature that is a number", { ...made, signature: "sig1=64" }],
    ["a signature of zeros", { ...made, signature: `sig1=:${toBase64(new Uint8Array(64))}:` }],
    ["a digest with sha-512, rightly signed", withDigest(sha512)],
    ["two digests, rightly signed", withDigest(`${DIGEST}, ${sha512}`)],
    ["a digest with sha-512 under the name sha-256", withDigest(sha512.replace("512", "256"))],
    ["a digest without colons", withDigest(DIGEST.replaceAll(":", ""))],
    ["a digest in hexadecimal", withDigest(`sha-256=:${toHex(sha256(request.body))}:`)],
    ["the digest of another body", withDigest(contentDigest(utf8("other")))],
  ]
  for (const [comment, headers] of rows) it(comment, () => assert.throws(() => verified(headers), refused()))

  const fields = Object.keys(made) as (keyof SignedHeaders)[]
  it("any one character changed is refused, by a PlatformError", () => {
    for (const field of fields)
      for (let at = 0; at < made[field].length; at++)
        for (const mask of [1, 2, 4, 8, 16, 32, 64, 0x80]) {
          const flipped = String.fromCharCode(made[field].charCodeAt(at) ^ mask)
          const value = made[field].slice(0, at) + flipped + made[field].slice(at + 1)
          assert.throws(() => verified({ ...made, [field]: value }), refused(), `${field}: ${value}`)
        }
  })
  it("property: a character replaced, inserted or taken away", () => {
    const change = fc.record({
      field: fc.constantFrom(...fields),
      at: fc.nat(400),
      take: fc.nat(2),
      put: fc.string({ maxLength: 2, unit: "binary" }),
    })
    fc.assert(
      fc.property(change, ({ field, at, take, put }) => {
        const from = at % made[field].length
        const value = made[field].slice(0, from) + put + made[field].slice(from + take)
        fc.pre(value !== made[field])
        assert.throws(() => verified({ ...made, [field]: value }), refused())
      }),
      { numRuns: 2000 },
    )
  })
  it("property: any text in any field is refused, by a PlatformError", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.string().map((text) => `sig1=${text}`),
      fc.string().map((text) => `sig1=(${text})`),
    )
    fc.assert(
      fc.property(fc.constantFrom(...fields), texts, (field, text) => {
        assert.throws(() => verified({ ...made, [field]: text }), PlatformError)
      }),
      { numRuns: 2000 },
    )
  })

  const malleable: readonly (readonly [comment: string, value: string])[] = [
    ["stray bits in its base64", made.signature.replace(/.(?===:$)/, (last) => successor(last))],
    ["base64 without padding", made.signature.replace("==", "")],
    ["a parameter", `${made.signature};a=1`],
    ["a second signature beside it", `${made.signature}, sig2=:AAAA:`],
    ["white space behind it", `${made.signature} `],
  ]
  for (const [comment, value] of malleable)
    it(`signature field: ${comment}`, () =>
      assert.throws(() => verified({ ...made, signature: value }), refused(/canonical/)))
})

function successor(last: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  return alphabet[alphabet.indexOf(last) ^ 1]
}

describe("answers", () => {
  const asked = signRequest(request, seed, TAG, now).signature
  const body = utf8("the answer")
  const key = publicKey(otherSeed)
  const made = signResponse(200, body, asked, otherSeed, now)
  it("round trip", () => verifyResponse(200, body, readerOf(made), asked, key, now))

  const otherAsked = signRequest(request, seed, TAG, now).signature
  const rows: readonly (readonly [comment: string, verify: () => void])[] = [
    ["another status", () => verifyResponse(403, body, readerOf(made), asked, key, now)],
    ["another body", () => verifyResponse(200, utf8("x"), readerOf(made), asked, key, now)],
    ["no body", () => verifyResponse(200, new Uint8Array(0), readerOf(made), asked, key, now)],
    ["the answer to another request", () => verifyResponse(200, body, readerOf(made), otherAsked, key, now)],
    ["the answer to no request", () => verifyResponse(200, body, readerOf(made), "", key, now)],
    ["another key expected", () => verifyResponse(200, body, readerOf(made), asked, publicKey(seed), now)],
    [
      "signed with another key",
      () => verifyResponse(200, body, readerOf(signResponse(200, body, asked, seed, now)), asked, key, now),
    ],
    ["no fields", () => verifyResponse(200, body, readerOf({}), asked, key, now)],
    [
      "the request's own fields",
      () => verifyResponse(200, body, readerOf(crafted()), asked, publicKey(seed), now),
    ],
    [
      "the request not covered",
      () => {
        const input = `("@status" "content-digest");created=${created};keyid="${toHex(key)}";tag="aceso/answer/v1"`
        const base = `"@status": 200\n"content-digest": ${contentDigest(body)}\n"@signature-params": ${input}`
        const headers = { ...made, "signature-input": `sig1=${input}`, signature: signature(base, otherSeed) }
        verifyResponse(200, body, readerOf(headers), asked, key, now)
      },
    ],
  ]
  for (const [comment, verify] of rows) it(comment, () => assert.throws(verify, refused()))

  it("any one character changed is refused, by a PlatformError", () => {
    for (const field of ["content-digest", "signature-input", "signature"] as const)
      for (let at = 0; at < made[field].length; at++)
        for (const mask of [1, 2, 16, 32]) {
          const flipped = String.fromCharCode(made[field].charCodeAt(at) ^ mask)
          const value = made[field].slice(0, at) + flipped + made[field].slice(at + 1)
          const headers = readerOf({ ...made, [field]: value })
          assert.throws(
            () => verifyResponse(200, body, headers, asked, key, now),
            refused(),
            `${field}: ${value}`,
          )
        }
  })

  const answerWith = (parameters: string) => {
    const input = `("@status" "content-digest" "signature";req;key="sig1")${parameters}`
    const digest = contentDigest(body)
    const base = `"@status": 200\n"content-digest": ${digest}\n"signature";req;key="sig1": ${asked.slice(5)}\n"@signature-params": ${input}`
    return readerOf({
      "content-digest": digest,
      "signature-input": `sig1=${input}`,
      signature: signature(base, otherSeed),
    })
  }
  const keyid = `;keyid="${toHex(key)}"`
  const tag = ';tag="aceso/answer/v1"'
  const at = `;created=${created}`
  const names = /must be created, keyid and tag/
  const parameters: readonly (readonly [comment: string, text: string, message: RegExp])[] = [
    ["another tag", `${at}${keyid};tag="aceso/exchange/v1"`, names],
    ["the tag a token", `${at}${keyid};tag=aceso/answer/v1`, names],
    ["no tag", `${at}${keyid}`, names],
    ["no created", `${keyid}${tag}`, names],
    ["no keyid", `${at}${tag}`, names],
    ["no parameters", "", names],
    ["another order", `${keyid}${at}${tag}`, names],
    ["alg present", `${at}${keyid}${tag};alg="ed25519"`, names],
    ["expires present", `${at};expires=${created + 60}${keyid}${tag}`, names],
    ["a nonce", `${at}${keyid}${tag};nonce="${NONCE}"`, names],
    ["keyid of another key", `${at};keyid="${KEYID}"${tag}`, /responder's key/],
    ["keyid no hexadecimal", `${at};keyid="city"${tag}`, /responder's key/],
    ["keyid in capitals", `${at}${keyid.toUpperCase().replace("KEYID", "keyid")}${tag}`, /responder's key/],
    ["keyid bytes", `${at};keyid=:AAAA:${tag}`, /responder's key/],
    ["created a string", `;created="${created}"${keyid}${tag}`, /not of now/],
    ["created with a fraction", `;created=${created}.5${keyid}${tag}`, /not of now/],
    ["created 61 s ago", `;created=${created - 61}${keyid}${tag}`, /not of now/],
    ["created 61 s ahead", `;created=${created + 61}${keyid}${tag}`, /not of now/],
    ["created in milliseconds", `;created=${now}${keyid}${tag}`, /not of now/],
  ]
  for (const [comment, text, message] of parameters)
    it(`rightly signed, but ${comment}`, () =>
      assert.throws(() => verifyResponse(200, body, answerWith(text), asked, key, now), refused(message)))
  for (const [comment, seconds] of [
    ["now", 0],
    ["60 s ago", -60],
    ["60 s ahead", 60],
  ] as const)
    it(`rightly signed ${comment}`, () =>
      verifyResponse(200, body, answerWith(`;created=${created + seconds}${keyid}${tag}`), asked, key, now))
  it("60 s are all, to the millisecond", () => {
    const late = (ms: number) => () => verifyResponse(200, body, readerOf(made), asked, key, now + ms)
    assert.doesNotThrow(late(60_000))
    assert.throws(late(60_001), refused(/not of now/))
    assert.doesNotThrow(late(-60_000))
    assert.throws(late(-60_001), refused(/not of now/))
  })
  it("the signature field has one form", () => {
    for (const value of [`${made.signature} `, `${made.signature};a=1`, made.signature.replace("==", "")])
      assert.throws(
        () => verifyResponse(200, body, readerOf({ ...made, signature: value }), asked, key, now),
        refused(/canonical/),
      )
  })
})
