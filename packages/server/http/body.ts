import { createHash } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { type Bytes, mustBeDigest, PlatformError, type RequestHead } from "@aceso/core"
import type { Context } from "hono"
import { BODY_BYTES_PER_S, type BodyShares, incomingOf, SMALL_BODY } from "./edge.ts"

export interface BodyRules {
  /** Bytes. */
  readonly limit: number
  /** What the caller, and all of its kind, may hold of bodies. */
  readonly shares: BodyShares
  readonly caller: string
  readonly graceMs: number
}

/** @throws PlatformError `too_large` when the request says itself that its body is beyond the limit */
export function mustFit(context: Context, limit: number): void {
  if ((declaredLength(context) ?? 0) > limit) throw tooLarge(limit)
}

/**
 * Reads a body and works with it. Its bytes count from the moment at which they come until the work is done.
 * @throws PlatformError `too_large`, `busy`, `too_slow`, `body_cut`
 */
export async function withBody<T>(
  context: Context,
  rules: BodyRules,
  work: (body: Bytes) => Promise<T>,
): Promise<T> {
  mustFit(context, rules.limit)
  const isSmall = (declaredLength(context) ?? Number.POSITIVE_INFINITY) <= SMALL_BODY
  const shares = isSmall ? rules.shares.small : rules.shares.large
  let held = 0
  const hold = (bytes: number) => {
    if (held + bytes > rules.limit) throw tooLarge(rules.limit)
    if (!shares.take(rules.caller, bytes))
      throw new PlatformError("busy", "this node holds as many bodies as it may; try again in a second")
    held += bytes
  }
  try {
    return await work(await read(context, rules, hold))
  } finally {
    if (held > 0) shares.give(rules.caller, held)
  }
}

/** The same for a body whose digest was signed. @throws PlatformError `bad_signature` too */
export const withSignedBody = <T>(
  context: Context,
  head: RequestHead,
  rules: BodyRules,
  work: (body: Bytes) => Promise<T>,
): Promise<T> =>
  withBody(context, rules, (body) => {
    mustBeDigest(head, `sha-256=:${createHash("sha256").update(body).digest("base64")}:`)
    return work(body)
  })

async function read(context: Context, rules: BodyRules, hold: (bytes: number) => void): Promise<Bytes> {
  const incoming = incomingOf(context)
  const declared = declaredLength(context)
  // Memory of a declared length is taken by the system as it is filled.
  const whole = declared === undefined ? undefined : new Uint8Array(declared)
  const chunks: Bytes[] = []
  let at = 0
  const take = (chunk: Bytes) => {
    hold(chunk.length)
    if (whole) whole.set(chunk, at)
    else chunks.push(chunk)
    at += chunk.length
  }
  if (incoming)
    await arrival(incoming, rules.graceMs + ((declared ?? rules.limit) * 1000) / BODY_BYTES_PER_S, take)
  else for await (const chunk of context.req.raw.body ?? []) take(chunk)
  return whole?.subarray(0, at) ?? new Uint8Array(Buffer.concat(chunks))
}

/** Resolves when the whole body has come. What comes after a refusal flows on, and is dropped. */
function arrival(incoming: IncomingMessage, withinMs: number, take: (chunk: Bytes) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onData = (chunk: Bytes) => {
    try {
      take(chunk)
    } catch (error) {
      reject(error)
    }
  }
  // A sender that goes away is no fault of this node.
  const onClose = (cause?: unknown) =>
    reject(new PlatformError("body_cut", "the connection ended before the body did", { cause }))
  const timer = setTimeout(
    () => reject(new PlatformError("too_slow", "the body came too slowly; send it again over a better line")),
    withinMs,
  )
  if (incoming.destroyed) onClose()
  incoming.on("data", onData).once("end", resolve).once("error", onClose).once("close", onClose)
  return promise.finally(() => {
    clearTimeout(timer)
    incoming.off("data", onData).off("end", resolve).off("close", onClose)
    incoming.resume()
  })
}

function declaredLength(context: Context): number | undefined {
  const field = context.req.header("content-length")
  return field !== undefined && /^\d{1,15}$/.test(field) ? Number(field) : undefined
}

const tooLarge = (limit: number) => new PlatformError("too_large", `the body has more than ${limit} bytes`)
