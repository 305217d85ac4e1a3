import type { IncomingMessage } from "node:http"
import type { Context } from "hono"
import { addressGroup } from "./address.ts"
import { Shares } from "./shares.ts"

const MIB = 2 ** 20

/** What those who call hold of a node at one time (docs/operations.md, What bounds it). */
export interface Edge {
  /**
   * Bytes of bodies in memory, until each call is answered: 320 MiB together. Counted by who can be named and not by
   * key, of which one may have any number: staff by person, own patients by handle, patients of others by their
   * custodian, organisations by member, strangers by address.
   */
  readonly bodies: {
    readonly staff: BodyShares
    readonly patients: BodyShares
    readonly visitors: BodyShares
    readonly members: BodyShares
    readonly strangers: BodyShares
  }
  /** Calls that are being worked on: of strangers (`reads`: of what is open to all; `explore`: of whoever looks into the ledger, one after the other); `rows` and `events` of members, the latter wait for blocks; `pairing`: of new devices, a wrong code is slow; `app`: of what devices keep with the app's operator; `live`: of streams that are open, by person, by handle and by delegate; `delegates`: those of all delegates of one handle. */
  readonly calls: {
    readonly submit: Shares
    readonly prove: Shares
    readonly explore: Shares
    readonly comet: Shares
    readonly reads: Shares
    readonly rows: Shares
    readonly events: Shares
    readonly pairing: Shares
    readonly app: Shares
    readonly live: Shares
    readonly delegates: Shares
  }
  /** So long a body may take beside what its length takes at `BODY_BYTES_PER_S`, ms. */
  readonly bodyGraceMs: number
}

/** Small bodies have room of their own: a few large ones that come slowly stop nobody's revocation. */
export interface BodyShares {
  readonly large: Shares
  /** Of bodies that say that they have `SMALL_BODY` bytes at most. */
  readonly small: Shares
}
export const SMALL_BODY = 64 * 1024

/** A body that comes slower than this holds up others. */
export const BODY_BYTES_PER_S = 256 * 1024

/** @param small of small bodies, MiB: of all callers, and of each */
const sharesOf = (
  total: number,
  each: number,
  small: readonly [total: number, each: number],
): BodyShares => ({
  large: new Shares(total * MIB, each * MIB),
  small: new Shares(small[0] * MIB, small[1] * MIB),
})

export const makeEdge = (): Edge => ({
  bodies: {
    staff: sharesOf(192, 96, [8, 1]),
    patients: sharesOf(48, 16, [16, 0.125]),
    visitors: sharesOf(8, 4, [8, 1]),
    members: sharesOf(16, 8, [8, 1]),
    strangers: sharesOf(12, 8, [4, 0.5]),
  },
  calls: {
    submit: new Shares(1024, 512),
    prove: new Shares(64, 32),
    explore: new Shares(64, 8),
    comet: new Shares(16, 16),
    reads: new Shares(64, 16),
    rows: new Shares(128, 32),
    events: new Shares(4096, 32),
    pairing: new Shares(64, 4),
    app: new Shares(64, 8),
    live: new Shares(512, 8),
    delegates: new Shares(512, 16),
  },
  bodyGraceMs: 10_000,
})

/** What who is turned away is told. */
export const BUSY: Readonly<Record<keyof Edge["calls"], string>> = {
  submit: "too many transactions wait",
  prove: "too many proofs are being made",
  explore: "too many look into the ledger",
  comet: "too many ask for headers",
  reads: "too many read what is open to all",
  rows: "too many rows are being proven",
  events: "too many wait for events",
  pairing: "too many new devices come at one time",
  app: "too many devices ask the app's operator",
  live: "too many pages listen",
  delegates: "too many pages of those who act for this person listen",
}

/** All nodes of a process have one memory. */
export const processEdge: Edge = makeEdge()

/** Undefined where no listener called. */
export const incomingOf = ({ env }: Context): IncomingMessage | undefined =>
  (env as { incoming?: IncomingMessage } | undefined)?.incoming

/** Who asks, where nobody signs: the network address. */
export const strangerOf = (context: Context): string =>
  addressGroup(incomingOf(context)?.socket.remoteAddress)

/** What an unsigned body may take. */
export const strangersBody = ({ bodies, bodyGraceMs }: Edge, context: Context, limit: number) => ({
  limit,
  shares: bodies.strangers,
  caller: strangerOf(context),
  graceMs: bodyGraceMs,
})
