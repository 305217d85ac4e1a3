import {
  type Bytes,
  bytes,
  CBOR_TYPE,
  type Cbor,
  decodeCbor,
  encodeCbor,
  HANDLE_FIELD,
  type HandlePlace,
  type HeaderReader,
  handleField,
  MAX_SIGNATURE_MS,
  messageOf,
  object,
  optional,
  PATIENT_TAG,
  PlatformError,
  randomBytes,
  type Schema,
  signRequest,
  text,
  verifyResponse,
} from "@aceso/core"
import { patience } from "./patience.ts"

/** What an edge answers when it does not do what was asked. `more`: details in CBOR. */
export const errorBody = object({ code: text(64), message: text(2000), more: optional(bytes(1, 262_144)) })

export interface Caller {
  readonly seed: Bytes
  readonly tag: string
  /** A patient's calls name the handle whose key signs, so that the node finds the key. */
  readonly place?: HandlePlace
}

/** What of the global fetch is used. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: Bytes
    readonly signal: AbortSignal
  },
) => Promise<Response>
/** Nobody signs: what is proven is inside. */
export const nobody = (): Caller => ({ seed: randomBytes(32), tag: "none" })
export const patientCaller = (seed: Bytes, place: HandlePlace): Caller => ({ seed, tag: PATIENT_TAG, place })

export interface PostOptions {
  /** The answer must be signed by one of these keys. */
  readonly responderKeys?: readonly Bytes[]
  readonly timeoutMs?: number
  readonly maxBytes?: number
  readonly now?: () => number
  /** Ends the request before its time. */
  readonly signal?: AbortSignal
  /** What sends the request; default: the global fetch. */
  readonly fetch?: Fetch
}

const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_MAX_BYTES = 128 * 2 ** 20

/**
 * Sends a signed CBOR message and reads the CBOR answer.
 * @throws PlatformError with the answer's code; `node_unreachable`; `bad_answer`; `bad_signature`; `clock_wrong`
 */
export async function post<T>(
  url: string,
  message: Cbor,
  caller: Caller,
  answer: Schema<T>,
  options: PostOptions = {},
): Promise<T> {
  const { body } = await postRaw(url, encodeCbor(message), caller, options)
  return answer.parse(decodeCbor(body), "answer")
}

export async function postRaw(
  url: string,
  message: Bytes,
  caller: Caller,
  options: PostOptions = {},
  contentType = CBOR_TYPE,
): Promise<{ body: Bytes; status: number }> {
  const now = (options.now ?? Date.now)()
  const headers = signRequest(
    { method: "POST", url, contentType, body: message },
    caller.seed,
    caller.tag,
    now,
  )
  const { response, body } = await send(
    url,
    { method: "POST", headers: { ...headers, ...placeHeaders(caller) }, body: message },
    options,
  )
  const answer = {
    status: response.status,
    body,
    header: (name: string) => response.headers.get(name) ?? undefined,
  }
  if (options.responderKeys)
    mustBeSigned(answer, headers.signature, options.responderKeys, (options.now ?? Date.now)())
  if (!response.ok) {
    const refusal = errorOf(url, response.status, body)
    throw refusal.code === "bad_signature" ? (wrongClock(response, now, refusal) ?? refusal) : refusal
  }
  return { body, status: response.status }
}

/** Clocks that differ by more than a signature may live: that is why it was refused (RFC 9110, section 6.6.1: Date). */
function wrongClock({ headers }: Response, now: number, cause: PlatformError): PlatformError | undefined {
  const aheadMs = now - Date.parse(headers.get("date") ?? "")
  if (!(Math.abs(aheadMs) > MAX_SIGNATURE_MS)) return undefined
  const minutes = Math.round(Math.abs(aheadMs) / 60_000)
  const [amount, unit] = minutes < 100 ? [minutes, "minutes"] : [Math.round(minutes / 60), "hours"]
  return new PlatformError(
    "clock_wrong",
    `the clock of this device is about ${amount} ${unit} ${aheadMs > 0 ? "ahead" : "behind"}, so that nothing that it signs is accepted: set it right, then try again`,
    { cause },
  )
}

export const placeHeaders = ({ place }: Caller): Record<string, string> =>
  place ? { [HANDLE_FIELD]: handleField(place) } : {}

function mustBeSigned(
  answer: { readonly status: number; readonly body: Bytes; readonly header: HeaderReader },
  requestSignature: string,
  keys: readonly Bytes[],
  now: number,
): void {
  let refusal: unknown = new PlatformError("bad_signature", "the responder has no valid key on the ledger")
  for (const key of keys)
    try {
      verifyResponse(answer.status, answer.body, answer.header, requestSignature, key, now)
      return
    } catch (error) {
      refusal = error
    }
  throw refusal
}

/** Reads a public JSON resource of a node. */
export async function getJson<T>(url: string, answer: Schema<T>, options: PostOptions = {}): Promise<T> {
  const { response, body } = await send(url, { method: "GET" }, options)
  if (!response.ok) throw errorOf(url, response.status, body)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(body))
  } catch (cause) {
    throw new PlatformError("bad_answer", `${url} did not answer with JSON`, { cause })
  }
  return answer.parse(value, "answer", "json")
}

async function send(
  url: string,
  init: Omit<Parameters<Fetch>[1], "signal">,
  options: PostOptions,
): Promise<{ response: Response; body: Bytes }> {
  const timeoutMs = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) * patience()
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout
  try {
    const response = await (options.fetch ?? plainFetch)(url, { ...init, signal })
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
      await response.body?.cancel()
      throw new PlatformError(
        "bad_answer",
        `${url} answers with a redirect, which is never followed: its organisation has to name the URL that answers itself (url in node.json)`,
      )
    }
    return { response, body: await readBounded(response, options.maxBytes ?? DEFAULT_MAX_BYTES) }
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause
    if (timeout.aborted)
      throw new PlatformError("node_unreachable", `${url} did not answer within ${timeoutMs / 1000} s`, {
        cause,
      })
    const reason =
      cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : messageOf(cause)
    throw new PlatformError("node_unreachable", `${url} cannot be reached: ${reason}`, { cause })
  }
}

export const plainFetch: Fetch = (url, init) =>
  fetch(url, { ...init, body: init.body as BodyInit | undefined, redirect: "manual" })

/** @throws PlatformError `bad_answer` when it has more; what is left is not read */
export async function readBounded(response: Response, maxBytes: number): Promise<Bytes> {
  const chunks: Bytes[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new PlatformError("bad_answer", `the answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  const out = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

export function errorOf(url: string, status: number, body: Bytes): PlatformError {
  try {
    const { code, message, more } = errorBody.parse(decodeCbor(body), "answer")
    return new PlatformError(code, message, { details: { status, ...(more && { more }) } })
  } catch {
    // No Aceso node answers like this: say what there is to say.
    return new PlatformError("bad_answer", `${url} answered with status ${status}`, { details: { status } })
  }
}
