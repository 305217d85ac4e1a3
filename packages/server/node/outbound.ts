import { type LookupAddress, lookup } from "node:dns"
import { once } from "node:events"
import { request as httpRequest, type IncomingMessage } from "node:http"
import { request as httpsRequest } from "node:https"
import type { LookupFunction } from "node:net"
import { Readable } from "node:stream"
import type { Fetch } from "@aceso/client"
import { addressKind, type GenesisDocument, nodeUrlFault, PlatformError } from "@aceso/core"

export type Resolve = (
  host: string,
  options: { readonly all: true; readonly family?: number | string; readonly hints?: number },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * Looks a host up for one connection: of its addresses the very one that is connected to is looked at.
 * @param refusalOf why none of them is to be connected to; undefined: they are right
 */
export const checkedLookup =
  (
    refusalOf: (host: string, addresses: readonly LookupAddress[]) => Error | undefined,
    resolve: Resolve = lookup as Resolve,
  ): LookupFunction =>
  (host, options, done) =>
    resolve(host, { ...options, all: true } as never, (error, addresses) => {
      const refused = error ?? refusalOf(host, addresses)
      if (refused) done(refused, [])
      else if (options.all) done(null, addresses)
      else done(null, addresses[0].address, addresses[0].family)
    })

/**
 * How a node asks other members' nodes. What stands on the ledger was written by others: a URL is checked by the rule
 * for all nodes' URLs each time, and of a host's addresses the very one that is connected to, so that no name leads
 * back to this machine or to what only this machine can reach. Each call has a connection of its own.
 */
export class Outbound {
  private readonly mayBeLoopback: boolean
  private readonly lookup: LookupFunction

  constructor(genesis: Pick<GenesisDocument, "isLoopback">, resolve?: Resolve) {
    this.mayBeLoopback = genesis.isLoopback ?? false
    this.lookup = checkedLookup((host, addresses) => this.refusalOf(host, addresses), resolve)
  }

  /** As the global fetch, without redirects. @throws PlatformError `bad_url`; whatever the connection fails with */
  readonly fetch: Fetch = async (target, { method, headers, body, signal }) => {
    const url = new URL(target)
    const fault = nodeUrlFault(url.origin, { mayBeLoopback: this.mayBeLoopback })
    if (fault !== undefined || url.username !== "" || url.password !== "")
      throw new PlatformError(
        "bad_url",
        `${url.origin} is not asked: ${fault ?? "a node's URL names no user"}`,
      )
    const send = url.protocol === "https:" ? httpsRequest : httpRequest
    const request = send(url, { method, headers, signal, agent: false, lookup: this.lookup })
    // An end that comes after the answer's head is told by the answer's body.
    request.on("error", () => {})
    request.end(body)
    const [answer] = (await once(request, "response")) as [IncomingMessage]
    return responseOf(answer)
  }

  private refusalOf(host: string, addresses: readonly LookupAddress[]): Error | undefined {
    const wrong = addresses.find(({ address }) => {
      const kind = addressKind(address)
      return kind !== "usable" && !(kind === "loopback" && this.mayBeLoopback)
    })
    if (!wrong && addresses.length > 0) return undefined
    const what = wrong
      ? `leads to ${wrong.address}, where no other organisation's node can be`
      : "has no address"
    return new PlatformError("bad_url", `${host} is not asked: it ${what}`)
  }
}

/** Statuses whose answers have no body (Fetch, null body status). */
const WITHOUT_BODY = [101, 103, 204, 205, 304]

function responseOf(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 0
  if (status < 200 || status > 599) {
    answer.destroy()
    throw new PlatformError("bad_answer", `an answer with status ${status} is none`)
  }
  const headers = new Headers()
  for (const [name, values] of Object.entries(answer.headersDistinct))
    for (const value of values ?? []) headers.append(name, value)
  if (WITHOUT_BODY.includes(status)) {
    answer.resume()
    return new Response(null, { status, headers })
  }
  return new Response(Readable.toWeb(answer) as ReadableStream, { status, headers })
}
