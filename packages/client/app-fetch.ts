import { type Bytes, messageOf, PlatformError } from "@aceso/core"
import { shown } from "./app-policy.ts"
import { type Fetch, readBounded } from "./http.ts"
import { patience } from "./patience.ts"

/** How the app is asked for: a part of it within this, and all of it within that, ms. */
export interface AppLimits {
  readonly partMs: number
  readonly wholeMs: number
}
export const APP_LIMITS: AppLimits = { partMs: 30_000, wholeMs: 300_000 }

/** Packed bytes are hardly ever more than the bytes themselves (RFC 1951). */
const PACKED_MORE = 1024

/** Why there is no part; the kind is a finding's. */
export class AppFault extends Error {
  readonly kind: string

  constructor(kind: string, detail: string) {
    super(detail)
    this.kind = kind
  }
}

export interface AppPart {
  readonly status: number
  readonly headers: Headers
  /** As a browser has it: unpacked. */
  readonly body: Bytes
}

/** A phone's browser asks so: whoever serves watchers something else has to tell them apart by more than this. */
const AS_A_BROWSER = {
  "user-agent":
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
  "accept-language": "en-US,en;q=0.9",
}

/**
 * Fetches one part of the app. No redirect is followed.
 * @param maxBytes of the unpacked body
 * @param isPacked asks for it as browsers do, by gzip
 * @param fetch what sends the request, and unpacks no body
 * @throws AppFault
 */
export async function fetchPart(
  url: string,
  {
    fetch,
    maxBytes,
    isPacked,
    limits,
    signal,
  }: {
    readonly fetch: Fetch
    readonly maxBytes: number
    readonly isPacked: boolean
    readonly limits: AppLimits
    readonly signal: AbortSignal
  },
): Promise<AppPart> {
  const part = AbortSignal.timeout(limits.partMs * patience())
  const headers = {
    ...AS_A_BROWSER,
    accept: url.endsWith("/") ? "text/html,application/xhtml+xml,*/*;q=0.8" : "*/*",
    "accept-encoding": isPacked ? "gzip" : "identity",
  }
  try {
    signal.throwIfAborted()
    const response = await fetch(url, { method: "GET", headers, signal: AbortSignal.any([part, signal]) })
    const { status } = response
    if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
      await response.body?.cancel()
      const to = response.headers.get("location")
      throw new AppFault("redirected", `it answers with a redirect${to === null ? "" : ` to ${shown(to)}`}`)
    }
    return { status, headers: response.headers, body: await bodyOf(response, maxBytes) }
  } catch (error) {
    if (error instanceof AppFault) throw error
    if (signal.aborted) throw new AppFault("not_finished", "there was no time left to ask for it")
    if (part.aborted)
      throw new AppFault("unreachable", `it did not come within ${(limits.partMs * patience()) / 1000} s`)
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new AppFault("unreachable", `it cannot be fetched: ${shown(messageOf(reason))}`)
  }
}

async function bodyOf(response: Response, maxBytes: number): Promise<Bytes> {
  const encoding = response.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity"
  if (encoding === "identity") return bounded(response, maxBytes)
  if (encoding !== "gzip") {
    await response.body?.cancel()
    throw new AppFault("wrong_headers", `it is packed as ${shown(encoding)}, which nobody asked for`)
  }
  const packed = await bounded(response, maxBytes + PACKED_MORE)
  const unpacked = new Blob([packed as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"))
  try {
    return await bounded(new Response(unpacked), maxBytes)
  } catch (error) {
    if (error instanceof AppFault) throw error
    throw new AppFault("file_differs", "what came is said to be packed by gzip, and is not")
  }
}

async function bounded(response: Response, maxBytes: number): Promise<Bytes> {
  try {
    return await readBounded(response, maxBytes)
  } catch (error) {
    if (error instanceof PlatformError)
      throw new AppFault("file_differs", `it has more than ${maxBytes} bytes`)
    throw error
  }
}
