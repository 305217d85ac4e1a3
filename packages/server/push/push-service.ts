import type { LookupAddress } from "node:dns"
import { once } from "node:events"
import { request as httpRequest, type IncomingMessage } from "node:http"
import { request as httpsRequest } from "node:https"
import { addressKind, PlatformError } from "@aceso/core"
import { checkedLookup, type Resolve } from "../node/outbound.ts"
import { isPublicAddress } from "./addresses.ts"
import { pushTarget } from "./services.ts"
import type { VapidKey } from "./vapid.ts"

/** What came of a message. `later`: it may be tried again, in `afterMs` where the service says when. */
export type Outcome =
  | { readonly is: "accepted" | "gone" | "refused" }
  | { readonly is: "later"; readonly afterMs?: number }

const TIMEOUT_MS = 5_000
/** A day: who does not see it within one has looked, or does not want to know. */
const TTL_S = 86_400
const ACCEPTED = [200, 201, 202, 204]
const GONE = [404, 410]

interface Options {
  readonly key: VapidKey
  readonly services: readonly string[]
  readonly mayBeLoopback: boolean
  /** Where whoever runs a push service finds the operator: the app. */
  readonly contact: string
  readonly resolve?: Resolve
}

/** Sends messages without content to push services (RFC 8030), by the rules for what a stranger named. */
export class PushService {
  private readonly options: Options
  private readonly lookup: ReturnType<typeof checkedLookup>

  constructor(options: Options) {
    this.options = options
    this.lookup = checkedLookup((host, addresses) => this.refusalOf(host, addresses), options.resolve)
  }

  get publicKey() {
    return this.options.key.publicKey
  }

  /** @throws PlatformError `bad_endpoint` */
  target(endpoint: string): URL {
    return pushTarget(endpoint, this.options.services, this.options)
  }

  /** Never throws: what failed is tried again or let go. */
  async send(endpoint: string, now = Date.now()): Promise<Outcome> {
    const { key, contact } = this.options
    let url: URL
    try {
      url = this.target(endpoint)
    } catch {
      // The list is another than when it was registered.
      return { is: "gone" }
    }
    const headers = {
      authorization: key.authorization(url.origin, contact, now),
      "content-length": "0",
      ttl: String(TTL_S),
      urgency: "normal",
      // What waits already is replaced (RFC 8030, section 5.4).
      topic: "aceso",
    }
    try {
      const send = url.protocol === "https:" ? httpsRequest : httpRequest
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const request = send(url, { method: "POST", headers, signal, agent: false, lookup: this.lookup })
      request.on("error", () => {})
      request.end()
      const [answer] = (await once(request, "response")) as [IncomingMessage]
      // Of what it says nothing is of use, however long it is.
      answer.destroy()
      return outcomeOf(answer.statusCode ?? 0, answer.headers["retry-after"], now)
    } catch {
      return { is: "later" }
    }
  }

  private refusalOf(host: string, addresses: readonly LookupAddress[]): Error | undefined {
    const isRight = ({ address }: LookupAddress) =>
      isPublicAddress(address) || (this.options.mayBeLoopback && addressKind(address) === "loopback")
    if (addresses.length > 0 && addresses.every(isRight)) return undefined
    return new PlatformError("bad_endpoint", `${host} leads to no address of the Internet`)
  }
}

function outcomeOf(status: number, retryAfter: string | undefined, now: number): Outcome {
  if (ACCEPTED.includes(status)) return { is: "accepted" }
  if (GONE.includes(status)) return { is: "gone" }
  if (status !== 429 && status < 500) return { is: "refused" }
  const seconds = /^\d{1,9}$/.test(retryAfter ?? "")
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter ?? "") - now
  return { is: "later", ...(seconds > 0 && { afterMs: seconds }) }
}
