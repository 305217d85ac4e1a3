import { publications } from "@aceso/contracts"
import { type Infer, PlatformError, publicationHash } from "@aceso/core"
import { Refusal } from "@aceso/server/modules/refusal.ts"
import type { LedgerClient } from "@aceso/server/node/ledger-client.ts"
import { readPublication } from "../client/publication.ts"
import type { publishAnswer, publishQuestion, withdrawQuestion } from "../client/schemas.ts"
import { MAX_MEMBER_BYTES, type Shelf } from "./shelf.ts"

/** Own documents that wait for the ledger. */
const MAX_DRAFTS = 64

/** What this organisation publishes for everybody. */
export class Publisher {
  private readonly shelf: Shelf
  private readonly ledger: LedgerClient

  constructor(shelf: Shelf, ledger: LedgerClient) {
    this.shelf = shelf
    this.ledger = ledger
  }

  /**
   * Keeps the document durably, then has the ledger take it.
   * @throws Refusal `library_full`, `too_many_drafts`, and those of `readPublication`; Rejection of the contract
   */
  async publish({ slug, base, kind, document }: Infer<typeof publishQuestion>): Promise<Answer> {
    try {
      readPublication(document, kind)
    } catch (error) {
      if (error instanceof PlatformError) throw new Refusal(error.code, error.message, { cause: error })
      throw error
    }
    const { member, engine } = this.ledger
    const hash = publicationHash(document)
    const there = await engine.read(publications, [member, slug])
    if ((await this.shelf.bytesOf(member)) - (there?.size ?? 0) + document.length > MAX_MEMBER_BYTES)
      throw new Refusal(
        "library_full",
        `this organisation's publications would have more than ${MAX_MEMBER_BYTES / 2 ** 20} MiB, which others do not copy: withdraw some`,
      )
    if ((await this.shelf.drafts(Number.MAX_SAFE_INTEGER)).length >= MAX_DRAFTS)
      throw new Refusal(
        "too_many_drafts",
        `${MAX_DRAFTS} documents of this organisation wait for the ledger already; try again in a quarter of an hour`,
      )
    const { checkpoint } = await engine.status()
    await this.shelf.draft({ member, slug, hash }, document, Math.max(Date.now(), checkpoint.time))
    const input = { slug, base, kind, hash, size: document.length }
    const { payloadId } = await this.ledger.call("library", "publish", input)
    return { version: base + 1, payloadId }
  }

  /** @throws Rejection of the contract */
  async withdraw({ slug, base }: Infer<typeof withdrawQuestion>): Promise<Answer> {
    const { payloadId } = await this.ledger.call("library", "withdraw", { slug, base })
    return { version: base + 1, payloadId }
  }
}

type Answer = Infer<typeof publishAnswer>
