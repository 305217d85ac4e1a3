import { getJson } from "@aceso/client"
import { members, publicationCounts, publications } from "@aceso/contracts"
import { equalBytes, type MemberId, PlatformError, publicationHash, randomBytes } from "@aceso/core"
import type { LedgerClient } from "@aceso/server/node/ledger-client.ts"
import type { Outbound } from "@aceso/server/node/outbound.ts"
import { MAX_ANSWER_BYTES, publicationAnswer } from "../client/schemas.ts"
import { MAX_MEMBER_BYTES, NO_ROOM, type Shelf, type Wanted } from "./shelf.ts"

/** Copies looked for in one round, so many at once; of each so many others are asked than who published it. */
const MAX_ROUND = 16
const AT_ONCE = 4
const MAX_OTHERS = 3
const TIMEOUT_MS = 10_000
/** So long after it was kept an own document that the ledger does not have can no longer get there, ms. */
const DRAFT_MS = 900_000

export interface CopierOptions {
  readonly shelf: Shelf
  readonly ledger: LedgerClient
  readonly outbound: Pick<Outbound, "fetch">
  readonly onFault: (error: unknown) => void
}

/** Brings the library of a node to what the ledger has: from who published, else from whoever else has a copy. */
export class Copier {
  private readonly options: CopierOptions
  private readonly ending = new AbortController()
  private atWork: Promise<void> = Promise.resolve()
  private isCompared = false

  constructor(options: CopierOptions) {
    this.options = options
  }

  /** One round; whatever fails is tried again in a later one. */
  round(): Promise<void> {
    this.atWork = this.once()
    return this.atWork
  }

  async stop(): Promise<void> {
    this.ending.abort()
    // What goes wrong in a round is told by whoever runs it.
    await this.atWork.catch(() => {})
  }

  private async once(): Promise<void> {
    if (this.ending.signal.aborted) return
    const { shelf } = this.options
    if (!this.isCompared) await this.compare()
    this.isCompared = true
    const due = await shelf.due(Date.now(), MAX_ROUND)
    for (let from = 0; from < due.length && !this.ending.signal.aborted; from += AT_ONCE)
      await Promise.all(due.slice(from, from + AT_ONCE).map((wanted) => this.fetch(wanted)))
    if (!this.ending.signal.aborted) await this.tidy()
  }

  /** Once after each start: a node that began with a snapshot was told nothing of what was published before it. */
  private async compare(): Promise<void> {
    const { shelf, ledger } = this.options
    for (const { key } of await ledger.engine.scan(members)) {
      const [member] = key
      const count = (await ledger.engine.read(publicationCounts, [member]))?.count ?? 0
      if (count === (await shelf.countOf(member))) continue
      for (const { key, row } of await ledger.engine.scan(publications, [member]))
        await shelf.note({ member, slug: key[1] }, row)
    }
  }

  private async fetch(wanted: Wanted): Promise<void> {
    const { shelf } = this.options
    if ((await shelf.bytesOf(wanted.member)) + wanted.size > MAX_MEMBER_BYTES)
      return shelf.give(wanted, NO_ROOM)
    let last: unknown
    for (const url of await this.sources(wanted.member)) {
      if (this.ending.signal.aborted) return
      try {
        return await this.fetchFrom(url, wanted)
      } catch (error) {
        last = error
      }
    }
    if (this.ending.signal.aborted) return
    await shelf.later(wanted, last instanceof PlatformError ? last.code : "node_unreachable", Date.now())
  }

  private async fetchFrom(url: string, wanted: Wanted): Promise<void> {
    const { member, slug, version, hash, size } = wanted
    const answer = await getJson(
      `${url}/library/publication?member=${member}&slug=${slug}`,
      publicationAnswer,
      {
        fetch: this.options.outbound.fetch,
        signal: this.ending.signal,
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_ANSWER_BYTES,
      },
    )
    if (answer.version < version)
      throw new PlatformError("publication_old", `the node at ${url} has only version ${answer.version}`)
    if (answer.content.length !== size || !equalBytes(publicationHash(answer.content), hash)) {
      const fault = new PlatformError(
        "publication_differs",
        `the node at ${url} hands out another text as version ${version} of ${member}/${slug} than is on the ledger; it was not kept`,
      )
      // A newer one may be there that this node was not told of yet.
      if (answer.version === version) this.options.onFault(fault)
      throw fault
    }
    await this.options.shelf.put(wanted, answer.content)
  }

  /** Where to look: who published it, then some others, in an order that nobody chooses. */
  private async sources(publisher: MemberId): Promise<readonly string[]> {
    const { ledger } = this.options
    const rows = await ledger.engine.scan(members)
    const active = rows.flatMap(({ key: [member], row }) =>
      row.status === "active" && member !== ledger.member ? [{ member, url: row.url }] : [],
    )
    const first = active.filter(({ member }) => member === publisher)
    const others = active
      .filter(({ member }) => member !== publisher)
      .map((one) => ({ ...one, place: new DataView(randomBytes(4).buffer).getUint32(0) }))
      .sort((a, b) => a.place - b.place)
      .slice(0, MAX_OTHERS)
    return [...first, ...others].map(({ url }) => url)
  }

  /** Own documents that the ledger did not take, once it cannot take them any more: its time is beyond their expiry. */
  private async tidy(): Promise<void> {
    const { shelf, ledger } = this.options
    const drafts = await shelf.drafts((await ledger.engine.status()).checkpoint.time - DRAFT_MS)
    for (const draft of drafts) {
      const row = await ledger.engine.read(publications, [draft.member, draft.slug])
      if (!row?.hash || !equalBytes(row.hash, draft.hash)) await shelf.drop(draft)
      else {
        await shelf.note(draft, row)
        await shelf.confirm(draft, row.version)
      }
    }
  }
}
