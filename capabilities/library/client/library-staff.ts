import { type Caller, type PostOptions, post } from "@aceso/client"
import { type Bytes, type Cbor, type Infer, type PublicationKind, STAFF_TAG } from "@aceso/core"
import { publishAnswer } from "./schemas.ts"

/** A transaction that the node signs waits 2 minutes for its block. */
const BLOCK: PostOptions = { timeoutMs: 150_000 }

/** What an organisation publishes and withdraws, as its administrators ask their node. */
export class LibraryStaff {
  private readonly url: string
  private readonly caller: Caller

  constructor(url: string, seed: Bytes) {
    this.url = url
    this.caller = { seed, tag: STAFF_TAG }
  }

  /** @param question `base`: the version that the caller has seen, 0: none; `document`: what `writePublication` gave */
  publish(question: {
    readonly slug: string
    readonly base: number
    readonly kind: PublicationKind
    readonly document: Bytes
  }): Promise<Infer<typeof publishAnswer>> {
    return this.ask("/staff/library/publish", question)
  }

  withdraw(question: { readonly slug: string; readonly base: number }): Promise<Infer<typeof publishAnswer>> {
    return this.ask("/staff/library/withdraw", question)
  }

  private ask(path: string, question: Cbor) {
    return post(`${this.url}${path}`, question, this.caller, publishAnswer, BLOCK)
  }
}
