import { createPublicKey, verify } from "node:crypto"
import { EventEmitter, once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { fromBase64Url, toBase64Url } from "@aceso/core"

/** What a push service was sent. */
export interface Pushed {
  readonly path: string
  readonly bodyBytes: number
  readonly ttl: string | undefined
  readonly urgency: string | undefined
  readonly topic: string | undefined
  /** What is wrong with the sender's word (RFC 8292); undefined: nothing. */
  readonly fault: string | undefined
}

type Answer = (response: ServerResponse, count: number) => void
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end()
/** By the beginning of the path. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  "/gone": status(410),
  "/missing": status(404),
  "/refused": status(403),
  "/busy": status(429, { "retry-after": "7" }),
  "/broken": status(503),
  "/once": (response, count) => response.writeHead(count === 1 ? 503 : 201).end(),
  "/moved": status(307, { location: "/ok/after-a-redirect" }),
  "/metadata": status(301, { location: "http://169.254.169.254/latest/meta-data" }),
  "/talks": (response) => response.writeHead(201).end("x".repeat(1_000_000)),
  "/cut": (response) => response.destroy(),
}

/** A push service on this machine, which looks at every message as a real one does, and keeps what it got. */
export class TestPushService {
  readonly pushed: Pushed[] = []
  private readonly server: Server
  private readonly events = new EventEmitter()
  private readonly counts = new Map<string, number>()

  private constructor(server: Server) {
    this.server = server
  }

  static async open(): Promise<TestPushService> {
    const server = createServer((request, response) => void service.take(request, response))
    const service = new TestPushService(server)
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return service
  }

  /** As an operator's list names it. */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  get origin(): string {
    return `http://${this.host}`
  }

  pushedTo(path: string): readonly Pushed[] {
    return this.pushed.filter((one) => one.path === path)
  }

  /** Resolves when it has so many messages for this path. */
  async until(path: string, count = 1): Promise<readonly Pushed[]> {
    while (this.pushedTo(path).length < count) await once(this.events, "pushed")
    return this.pushedTo(path)
  }

  close(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ""
    let bodyBytes = 0
    for await (const part of request) bodyBytes += (part as Buffer).length
    const { ttl, urgency, topic } = request.headers as Record<string, string | undefined>
    const fault = request.method === "POST" ? faultOf(request.headers.authorization, this.origin) : "no POST"
    this.pushed.push({ path, bodyBytes, ttl, urgency, topic, fault })
    const count = (this.counts.get(path) ?? 0) + 1
    this.counts.set(path, count)
    const [, first] = path.split("/")
    ;(ANSWERS[`/${first}`] ?? status(201))(response, count)
    this.events.emit("pushed")
  }
}

/** Written anew from RFC 8292, so that a mistake of ours is not made twice. */
function faultOf(authorization: string | undefined, origin: string): string | undefined {
  const [, token, key] = /^vapid t=([\w-]+\.[\w-]+\.[\w-]+), k=([\w-]+)$/.exec(authorization ?? "") ?? []
  if (token === undefined) return "no vapid"
  const point = fromBase64Url(key)
  if (point.length !== 65 || point[0] !== 4) return "no point of P-256"
  const [head, claims, signature] = token.split(".")
  const read = (part: string) => JSON.parse(new TextDecoder().decode(fromBase64Url(part)))
  const { alg } = read(head)
  const { aud, exp, sub } = read(claims)
  const [x, y] = [point.slice(1, 33), point.slice(33)].map(toBase64Url)
  const jwk = { kty: "EC", crv: "P-256", x, y }
  const isRight = verify(
    "sha256",
    Buffer.from(`${head}.${claims}`),
    { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" },
    fromBase64Url(signature),
  )
  const inS = exp - Date.now() / 1000
  if (alg !== "ES256" || !isRight) return "wrong signature"
  if (aud !== origin) return `for ${aud}`
  if (!(inS > 0 && inS <= 86_400)) return `expires in ${inS} s`
  return typeof sub === "string" && /^(https?:|mailto:)/.test(sub) ? undefined : "no contact"
}
