import { CBOR_TYPE, messageOf, PlatformError, randomUnit, signRequest } from "@aceso/core"
import { type Caller, errorOf, type Fetch, placeHeaders, plainFetch, readBounded } from "./http.ts"
import { HEARTBEAT_MS, isLiveTopic, type LiveTopic, READY } from "./live-topics.ts"

/** A stream that lasted so long was a good one: the next is opened soon. */
const STEADY_MS = 30_000
const FIRST_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 60_000
/** Nothing comes for so long: the line is dead, whatever it says. */
const SILENT_MS = 3 * HEARTBEAT_MS
/** Of one topic, so often at most: no node makes a page look more often. */
const GAP_MS = 1_000
const MAX_LINE = 256
/** Ten minutes of every topic, as fast as an honest node tells them, are less. */
const MAX_STREAM_BYTES = 2 ** 21
const MAX_REFUSAL_BYTES = 300_000

export interface LiveOptions {
  readonly caller: Caller
  /** Ends it. */
  readonly signal: AbortSignal
  /** There is something new to look at. */
  onTopic(topic: LiveTopic): void
  /** From now on nothing is missed; what came before has to be looked at. */
  onUp(): void
  /** Nothing is heard until `onUp`; more than once where it stays so. */
  onDown(error: PlatformError): void
  readonly fetch?: Fetch
  readonly now?: () => number
  /** From 0 to 1: when many come back, they do not come together. */
  readonly random?: () => number
  /** How it waits. @param ms */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
  readonly silentMs?: number
  readonly gapMs?: number
}

/**
 * Listens to a node until the signal ends it, and opens the stream again whenever it ends: soon after a good one, after
 * growing pauses otherwise. What a node says here is only that there is something to look at.
 * @param url of the stream, such as `<node>/staff/live`
 */
export async function followLive(url: string, options: LiveOptions): Promise<void> {
  const { signal, now = Date.now, random = randomUnit, pause = pausing } = options
  for (let failures = 0; !signal.aborted; ) {
    const began = now()
    const fault = await listen(url, options)
    if (signal.aborted) return
    failures = fault.wasUp && now() - began >= STEADY_MS ? 0 : failures + 1
    if (failures > 0) options.onDown(fault.error)
    await pause(Math.max(pauseAfter(failures, random()), fault.retryMs), signal)
  }
}

/** Growing, and never the same for all. @returns ms */
export const pauseAfter = (failures: number, random: number): number =>
  failures === 0
    ? random * FIRST_PAUSE_MS
    : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)) * (0.5 + random / 2)

const pausing = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener("abort", done)
  })

interface Ended {
  readonly error: PlatformError
  readonly wasUp: boolean
  /** So long the node asks to be left alone, ms. */
  readonly retryMs: number
}

/** One stream, from its request to its end, however it ends. */
async function listen(url: string, options: LiveOptions): Promise<Ended> {
  const { caller, signal, now = Date.now, silentMs = SILENT_MS } = options
  const silence = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), silentMs)
  }
  const topics = new Throttle(options.gapMs ?? GAP_MS, options.onTopic)
  let wasUp = false
  let retryMs = 0
  heard()
  try {
    const contentType = CBOR_TYPE
    const request = { method: "GET", url, contentType, body: new Uint8Array(0) }
    const headers = { ...signRequest(request, caller.seed, caller.tag, now()), ...placeHeaders(caller) }
    const response = await (options.fetch ?? plainFetch)(url, {
      ...{ method: "GET", headers },
      signal: AbortSignal.any([signal, silence.signal]),
    })
    retryMs = retryAfter(response)
    if (!response.ok) throw errorOf(url, response.status, await readBounded(response, MAX_REFUSAL_BYTES))
    if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream"))
      throw new PlatformError("bad_answer", `${url} did not answer with events`)
    await readEvents(response.body, heard, (name) => {
      if (name === READY && !wasUp) {
        wasUp = true
        options.onUp()
      } else if (isLiveTopic(name)) topics.take(name)
    })
    throw new PlatformError("node_unreachable", `${url} ended the stream`)
  } catch (cause) {
    const error =
      cause instanceof PlatformError
        ? cause
        : new PlatformError("node_unreachable", `${url} cannot be heard: ${messageOf(cause)}`, { cause })
    return { error, wasUp, retryMs }
  } finally {
    clearTimeout(timer)
    topics.end()
    silence.abort()
  }
}

function retryAfter(response: Response): number {
  const field = response.headers.get("retry-after") ?? ""
  return /^\d{1,4}$/.test(field) ? Math.min(MAX_PAUSE_MS, Number(field) * 1_000) : 0
}

/**
 * Server-sent events (WHATWG HTML, 9.2.6), of which only the names are looked at.
 * @throws PlatformError `bad_answer`: a line or the whole is longer than those of a node
 */
async function readEvents(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
  onEvent: (name: string) => void,
): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ""
  let name = ""
  let hasData = false
  let bytes = 0
  const takeLine = (line: string) => {
    if (line.length > MAX_LINE) throw new PlatformError("bad_answer", "a line of the events is too long")
    if (line === "") {
      if (hasData && name !== "") onEvent(name)
      name = ""
      hasData = false
    } else if (line.startsWith("event:")) name = line.slice("event:".length).trim()
    else if (line.startsWith("data:")) hasData = true
  }
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      heard()
      bytes += value.length
      if (bytes > MAX_STREAM_BYTES) throw new PlatformError("bad_answer", "the events are too many")
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r/)
      rest = lines.pop() ?? ""
      for (const line of lines) takeLine(line)
      if (rest.length > MAX_LINE) takeLine(rest)
    }
  } finally {
    void reader.cancel().catch(() => {})
  }
}

/** The first of a topic at once, and of those that follow closely one at the end. */
class Throttle {
  private readonly gapMs: number
  private readonly onTopic: (topic: LiveTopic) => void
  private readonly gaps = new Map<LiveTopic, ReturnType<typeof setTimeout>>()
  private readonly again = new Set<LiveTopic>()

  constructor(gapMs: number, onTopic: (topic: LiveTopic) => void) {
    this.gapMs = gapMs
    this.onTopic = onTopic
  }

  take(topic: LiveTopic): void {
    if (this.gaps.has(topic)) {
      this.again.add(topic)
      return
    }
    this.onTopic(topic)
    const open = () => {
      this.gaps.delete(topic)
      if (this.again.delete(topic)) this.take(topic)
    }
    this.gaps.set(topic, setTimeout(open, this.gapMs))
  }

  /** What was held back is seen by who looks once it is up again. */
  end(): void {
    for (const timer of this.gaps.values()) clearTimeout(timer)
  }
}
