import { parseDictionary, serializeDictionary } from "structured-headers"
import { type Bytes, equalBytes, fromHex, toBase64, toHex, utf8 } from "./bytes.ts"
import { publicKey, randomBytes, sha256, sign, verify } from "./crypto.ts"
import { PlatformError } from "./errors.ts"

/**
 * HTTP message signatures (RFC 9421), one profile: Ed25519; every component below is covered, none may be
 * missing; no `alg`; `created`, `expires` (60 s at most), `nonce`, `keyid`, `tag`.
 */
export const MAX_SIGNATURE_MS = 60_000
const CLOCK_SKEW_S = 5
const LABEL = "sig1"
const ANSWER_TAG = "aceso/answer/v1"
const REQUEST_COMPONENTS = ["@method", "@authority", "@target-uri", "content-digest", "content-type"]

export interface HttpRequest {
  readonly method: string
  /** Absolute, as the receiver is known to the sender. */
  readonly url: string
  readonly contentType: string
  readonly body: Bytes
}

export interface SignedHeaders {
  readonly "content-type": string
  readonly "content-digest": string
  readonly "signature-input": string
  readonly signature: string
}

export type HeaderReader = (name: string) => string | undefined

export const contentDigest = (body: Bytes): string => `sha-256=:${toBase64(sha256(body))}:`

type Parameters = Map<string, string | number>

function inputText(components: readonly string[], parameters: Parameters): string {
  const input = serializeDictionary(new Map([[LABEL, [components.map(componentItem), parameters]]]) as never)
  return input.slice(LABEL.length + 1)
}

/** `"signature";req;key="sig1"` is written as `signature|sig1` here. */
function componentItem(name: string): [string, Map<string, string | boolean>] {
  const [field, key] = name.split("|")
  return [
    field,
    key
      ? new Map<string, string | boolean>([
          ["req", true],
          ["key", key],
        ])
      : new Map(),
  ]
}

function base(values: readonly (readonly [string, string])[], input: string): Bytes {
  const lines = values.map(([name, value]) => {
    const [field, key] = name.split("|")
    return `"${field}"${key ? `;req;key="${key}"` : ""}: ${value}`
  })
  return utf8([...lines, `"@signature-params": ${input}`].join("\n"))
}

function requestValues(request: Omit<HttpRequest, "body">, digest: string): [string, string][] {
  const { host } = new URL(request.url)
  const values = [request.method.toUpperCase(), host.toLowerCase(), request.url, digest, request.contentType]
  return REQUEST_COMPONENTS.map((name, i) => [name, values[i]])
}

/** @param now ms */
export function signRequest(request: HttpRequest, seed: Bytes, tag: string, now: number): SignedHeaders {
  const created = Math.floor(now / 1000)
  const parameters: Parameters = new Map<string, string | number>([
    ["created", created],
    ["expires", created + MAX_SIGNATURE_MS / 1000],
    ["nonce", toHex(randomBytes(16))],
    ["keyid", toHex(publicKey(seed))],
    ["tag", tag],
  ])
  const input = inputText(REQUEST_COMPONENTS, parameters)
  const digest = contentDigest(request.body)
  const signature = sign(base(requestValues(request, digest), input), seed)
  return {
    "content-type": request.contentType,
    "content-digest": digest,
    "signature-input": `${LABEL}=${input}`,
    signature: `${LABEL}=:${toBase64(signature)}:`,
  }
}

export interface VerifiedRequest {
  readonly key: Bytes
  readonly nonce: Bytes
  /** ms */
  readonly expires: number
  /** The signature field's value, which the answer covers. */
  readonly signature: string
}

const isSeconds = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value)
const refuse = (what: string) =>
  new PlatformError("bad_signature", `the request's signature does not hold: ${what}`)

/** What the headers of a request claim. Nothing of it is proven before `verifyRequestHead`. */
export interface RequestHead extends VerifiedRequest {
  /** The content-digest field's value, which the signature covers: the body is compared with it later. */
  readonly digest: string
  readonly input: string
  readonly signatureBytes: Bytes
}

/**
 * Reads the signature's fields, and checks all that costs no cryptography.
 * @param now ms
 * @throws PlatformError `bad_signature` with what is wrong or missing
 */
export function readRequestHead(header: HeaderReader, tag: string, now: number): RequestHead {
  const { components, parameters, signature: signatureBytes, input } = readSignature(header)
  if (components.join() !== REQUEST_COMPONENTS.join())
    throw refuse(`it must cover ${REQUEST_COMPONENTS.join(", ")}, in this order`)
  const names = ["created", "expires", "nonce", "keyid", "tag"]
  if ([...parameters.keys()].join() !== names.join())
    throw refuse(`its parameters must be ${names.join(", ")}, in this order`)
  const { created, expires, nonce, keyid } = Object.fromEntries(parameters) as Record<string, unknown>
  if (parameters.get("tag") !== tag) throw refuse(`its tag must be ${tag}`)
  if (!isSeconds(created) || !isSeconds(expires)) throw refuse("created and expires must be integers")
  const seconds = now / 1000
  if (created > seconds + CLOCK_SKEW_S) throw refuse("it is from the future; set the clock right")
  if (expires < seconds) throw refuse("it has expired")
  if (expires - created > MAX_SIGNATURE_MS / 1000) throw refuse("it may live 60 s at most")
  if (typeof nonce !== "string" || !/^[0-9a-f]{32}$/.test(nonce))
    throw refuse("its nonce must be 16 bytes in hexadecimal")
  if (typeof keyid !== "string" || !/^[0-9a-f]{64}$/.test(keyid))
    throw refuse("its keyid must be a public key in hexadecimal")
  const signature = header("signature") ?? ""
  const digest = header("content-digest") ?? ""
  const expiresMs = expires * 1000
  return {
    key: fromHex(keyid),
    nonce: fromHex(nonce),
    expires: expiresMs,
    signature,
    digest,
    input,
    signatureBytes,
  }
}

/**
 * Verifies the signature over everything but the body, which needs no body.
 * @throws PlatformError `bad_signature`
 */
export function verifyRequestHead(head: RequestHead, request: Omit<HttpRequest, "body">): void {
  const { digest, input, signatureBytes, key } = head
  if (!verify(signatureBytes, base(requestValues(request, digest), input), key))
    throw refuse("the signature is not by this key")
}

/** @throws PlatformError `bad_signature` when a body of this digest is not the one that was signed */
export function mustBeDigest({ digest }: RequestHead, ofBody: string): void {
  if (digest !== ofBody) throw refuse("the content digest (sha-256) is not the body's")
}

/** @throws PlatformError `bad_signature` with what is wrong or missing */
export function verifyRequest(
  request: HttpRequest,
  header: HeaderReader,
  tag: string,
  now: number,
): VerifiedRequest {
  const head = readRequestHead(header, tag, now)
  mustBeDigest(head, contentDigest(request.body))
  verifyRequestHead(head, request)
  const { key, nonce, expires, signature } = head
  return { key, nonce, expires, signature }
}

function readSignature(header: HeaderReader) {
  const [inputs, signatures] = [header("signature-input"), header("signature")]
  if (!inputs || !signatures) throw refuse("signature-input or signature is missing")
  try {
    const all = parseDictionary(inputs)
    const [items, parameters] = all.get(LABEL) as unknown as [[string, Map<string, unknown>][], Parameters]
    const [raw] = parseDictionary(signatures).get(LABEL) as unknown as [ArrayBuffer]
    if (all.size !== 1 || !Array.isArray(items)) throw new Error("one signature named sig1")
    const components = items.map(([name, options]) =>
      options.get("req") === true ? `${name}|${options.get("key")}` : name,
    )
    const input = inputText(components, parameters)
    if (!(raw instanceof ArrayBuffer) || raw.byteLength !== 64) throw new Error("a signature has 64 bytes")
    const signature = new Uint8Array(raw)
    const isCanonical = inputs === `${LABEL}=${input}` && signatures === `${LABEL}=:${toBase64(signature)}:`
    if (!isCanonical) throw new Error("not in canonical form")
    return { components, parameters, signature, input }
  } catch (cause) {
    throw refuse(`its fields cannot be read (${cause instanceof Error ? cause.message : cause})`)
  }
}

const RESPONSE_COMPONENTS = ["@status", "content-digest", `signature|${LABEL}`]

/** Signs an answer to a request, so that it fits no other. */
export function signResponse(
  status: number,
  body: Bytes,
  requestSignature: string,
  seed: Bytes,
  now: number,
): Omit<SignedHeaders, "content-type"> {
  const digest = contentDigest(body)
  const parameters: Parameters = new Map<string, string | number>([
    ["created", Math.floor(now / 1000)],
    ["keyid", toHex(publicKey(seed))],
    ["tag", ANSWER_TAG],
  ])
  const input = inputText(RESPONSE_COMPONENTS, parameters)
  const values = responseValues(status, digest, requestSignature)
  return {
    "content-digest": digest,
    "signature-input": `${LABEL}=${input}`,
    signature: `${LABEL}=:${toBase64(sign(base(values, input), seed))}:`,
  }
}

const responseValues = (status: number, digest: string, requestSignature: string): [string, string][] => {
  const values = [String(status), digest, requestSignature.slice(LABEL.length + 1)]
  return RESPONSE_COMPONENTS.map((name, i) => [name, values[i]])
}

/** @throws PlatformError `bad_signature` unless the answer is signed by this key for this very request */
export function verifyResponse(
  status: number,
  body: Bytes,
  header: HeaderReader,
  requestSignature: string,
  key: Bytes,
  now: number,
): void {
  const { components, parameters, signature, input } = readSignature(header)
  if (components.join() !== RESPONSE_COMPONENTS.join())
    throw refuse(`an answer must cover ${RESPONSE_COMPONENTS.join(", ")}`)
  if ([...parameters.keys()].join() !== "created,keyid,tag" || parameters.get("tag") !== ANSWER_TAG)
    throw refuse(`an answer's parameters must be created, keyid and tag (${ANSWER_TAG})`)
  const created = parameters.get("created")
  if (!isSeconds(created) || Math.abs(now / 1000 - created) > MAX_SIGNATURE_MS / 1000)
    throw refuse("the answer is not of now; set the clocks right")
  const keyid = parameters.get("keyid")
  if (typeof keyid !== "string" || !/^[0-9a-f]{64}$/.test(keyid) || !equalBytes(fromHex(keyid), key))
    throw refuse("the answer is not signed by the responder's key")
  const digest = header("content-digest") ?? ""
  if (digest !== contentDigest(body)) throw refuse("the answer's content digest is not its body's")
  if (!verify(signature, base(responseValues(status, digest, requestSignature), input), key))
    throw refuse("the answer's signature is not by this key")
}
