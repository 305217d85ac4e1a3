import { promisify } from "node:util"
import { brotliDecompress, constants, gunzip, inflate, zstdDecompress } from "node:zlib"
import { type Bytes, messageOf, PlatformError } from "@aceso/core"
import { type Asking, askingHeaders } from "./app-asking.ts"
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

type Unpack = (packed: Bytes, options: { readonly maxOutputLength: number }) => Promise<Bytes>
/** Browsers unpack no zstd that needs more memory than this (RFC 9659). */
const ZSTD_WINDOW_LOG = 23
const unzstd = promisify(zstdDecompress)
/** What every browser asks for. */
const UNPACKS: Readonly<Record<string, Unpack>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: (packed, options) =>
    unzstd(packed, { ...options, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
}

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

/**
 * Fetches one part of the app. No redirect is followed.
 * @param maxBytes of the unpacked body
 * @param asking in which way a browser asks for it
 * @param isPacked asks for it as browsers do, packed by what they unpack
 * @param fetch what sends the request, and unpacks no body
 * @throws AppFault
 */
export async function fetchPart(
  url: string,
  {
    fetch,
    maxBytes,
    asking,
    isPacked,
    limits,
    signal,
  }: {
    readonly fetch: Fetch
    readonly maxBytes: number
    readonly asking: Asking
    readonly isPacked: boolean
    readonly limits: AppLimits
    readonly signal: AbortSignal
  },
): Promise<AppPart> {
  const part = AbortSignal.timeout(limits.partMs * patience())
  const headers = {
    ...askingHeaders(asking, new URL(url).origin),
    ...(!isPacked && { "Accept-Encoding": "identity" }),
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
  const unpack = Object.hasOwn(UNPACKS, encoding) ? UNPACKS[encoding] : undefined
  if (!unpack) {
    await response.body?.cancel()
    throw new AppFault("wrong_headers", `it is packed as ${shown(encoding)}, which nobody asked for`)
  }
  const packed = await bounded(response, maxBytes + PACKED_MORE)
  try {
    // An empty file has no bytes of which none may be beyond.
    return new Uint8Array(await unpack(packed, { maxOutputLength: Math.max(maxBytes, 1) }))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLong(maxBytes)
    throw new AppFault("file_differs", `what came is said to be packed by ${encoding}, and is not`)
  }
}

const tooLong = (maxBytes: number) => new AppFault("file_differs", `it has more than ${maxBytes} bytes`)

async function bounded(response: Response, maxBytes: number): Promise<Bytes> {
  try {
    return await readBounded(response, maxBytes)
  } catch (error) {
    if (error instanceof PlatformError) throw tooLong(maxBytes)
    throw error
  }
}
