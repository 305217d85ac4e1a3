import { promisify } from "node:util"
import { brotliDecompress, constants, gunzip, inflate, inflateRaw, zstdDecompress } from "node:zlib"
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

/** @returns `engine`: how many of the packed bytes were read */
type Unpack = (
  packed: Bytes,
  options: { readonly maxOutputLength: number; readonly info: true; readonly params?: object },
) => Promise<{ readonly buffer: Bytes; readonly engine: { readonly bytesWritten: number } }>
/** Browsers unpack no zstd that needs more memory than this (RFC 9659). */
const ZSTD_WINDOW_LOG = 23
const unpacks = (unpack: unknown): Unpack => promisify(unpack as never) as Unpack
const [ungzip, unraw, unzstd] = [gunzip, inflateRaw, zstdDecompress].map(unpacks)
/** What every browser asks for. */
const UNPACKS: Readonly<Record<string, Unpack>> = {
  gzip: async (packed, options) => {
    // Node joins all members, and says nothing of where one ends.
    const at = gzipHeaderBytes(packed)
    const { buffer, engine } = await unraw(packed.subarray(at), options)
    const bytesWritten = at + engine.bytesWritten + GZIP_END_BYTES
    return bytesWritten === packed.length ? ungzip(packed, options) : { buffer, engine: { bytesWritten } }
  },
  deflate: unpacks(inflate),
  br: unpacks(brotliDecompress),
  zstd: (packed, options) =>
    unzstd(packed, { ...options, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
}

/** What stands before the first member's data (RFC 1952, section 2.3). @throws RangeError it is no gzip */
function gzipHeaderBytes(packed: Bytes): number {
  const [id1, id2, method, flags] = packed
  if (id1 !== 0x1f || id2 !== 0x8b || method !== 8) throw new RangeError("this is no gzip")
  let at = 10
  if (flags & 4) at += 2 + packed[at] + 256 * packed[at + 1]
  for (const flag of [8, 16]) if (flags & flag) at = packed.indexOf(0, at) + 1
  return flags & 2 ? at + 2 : at
}
const GZIP_END_BYTES = 8

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
    const options = { maxOutputLength: Math.max(maxBytes, 1), info: true } as const
    const { buffer, engine } = await unpack(packed, options)
    if (engine.bytesWritten === packed.length) return new Uint8Array(buffer)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLong(maxBytes)
    throw new AppFault("file_differs", `what came is said to be packed by ${encoding}, and is not`)
  }
  // Of two parts one browser takes the first and another one both, by some ways of packing, as programs do by others.
  throw new AppFault(
    "file_differs",
    `behind or before what is packed by ${encoding} there is more, which browsers read otherwise`,
  )
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
