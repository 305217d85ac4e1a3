import type { IncomingMessage } from "node:http"
import type { Context } from "hono"
import { addressGroup } from "./address.ts"
import { Shares } from "./shares.ts"

const MIB = 2 ** 20

/** What those who call hold of a node at one time (docs/operations.md, What bounds it). */
export interface Edge {
  /**
   * Bytes of bodies in memory, until each call is answered: 256 MiB together. Counted by who can be named and not by
   * key, of which one may have any number: staff by person, own patients by handle, patients of others by their
   * custodian, organisations by member, strangers by address.
   */
  readonly bodies: {
    readonly staff: Shares
    readonly patients: Shares
    readonly visitors: Shares
    readonly members: Shares
    readonly strangers: Shares
  }
  /** Calls of strangers that are being worked on. */
  readonly calls: { readonly submit: Shares; readonly prove: Shares; readonly comet: Shares }
  /** So long a body may take beside what its length takes at `BODY_BYTES_PER_S`, ms. */
  readonly bodyGraceMs: number
}

/** A body that comes slower than this holds up others. */
export const BODY_BYTES_PER_S = 256 * 1024

export const makeEdge = (): Edge => ({
  bodies: {
    staff: new Shares(144 * MIB, 96 * MIB),
    patients: new Shares(48 * MIB, 16 * MIB),
    visitors: new Shares(16 * MIB, 4 * MIB),
    members: new Shares(24 * MIB, 8 * MIB),
    strangers: new Shares(24 * MIB, 8 * MIB),
  },
  calls: { submit: new Shares(1024, 512), prove: new Shares(64, 32), comet: new Shares(16, 16) },
  bodyGraceMs: 10_000,
})

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
