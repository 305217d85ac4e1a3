import {
  type Bytes,
  type Cbor,
  type Countersigned,
  checkpointsAnswer,
  decodeCbor,
  encodeCbor,
  type GenesisDocument,
  isLoopbackUrl,
  type MemberId,
  nodeUrlFault,
  PlatformError,
  type RowsAnswer,
  readGenesis,
  rowsAnswer,
  type Schema,
  type SignedGenesis,
} from "@aceso/core"
import { type Fetch, getJson, nobody, type PostOptions, postRaw } from "./http.ts"
import {
  type AttestedAnswer,
  attestedAnswer,
  genesisAnswer,
  memberAnswer,
  submitAnswer,
} from "./node-schemas.ts"
import { type ActiveAnswer, activeAnswer, type StatusAnswer, statusAnswer } from "./status-schemas.ts"

/** What anybody may ask a node. */
export class PublicClient {
  readonly url: string
  private readonly fetch: Fetch | undefined

  /** @param fetch what sends the requests; default: the global fetch */
  constructor(url: string, fetch?: Fetch) {
    this.url = url.replace(/\/$/, "")
    this.fetch = fetch
  }

  status(): Promise<StatusAnswer> {
    return this.get("/status", statusAnswer)
  }

  /** Contracts and processes that the node says are active. */
  async active(): Promise<ActiveAnswer["active"]> {
    return (await this.get("/capabilities", activeAnswer)).active
  }

  async genesis(): Promise<{ signed: SignedGenesis; document: GenesisDocument }> {
    const signed = await this.get("/genesis", genesisAnswer)
    return { signed, document: readGenesis(signed) }
  }

  async members() {
    return (await this.get("/members", memberAnswer)).members
  }

  /** Checkpoints from this height on that the node's member signed, oldest first, as many as fit one answer. */
  async checkpoints(from: number, options: PostOptions = {}): Promise<readonly Countersigned[]> {
    return (await this.get(`/checkpoints?from=${from}`, checkpointsAnswer, options)).checkpoints
  }

  /** A block's checkpoint and the validators' commit. The caller checks both. */
  attested(height: number, options: PostOptions = {}): Promise<AttestedAnswer> {
    return this.get(`/attested?height=${height}`, attestedAnswer, options)
  }

  private get<T>(path: string, answer: Schema<T>, options: PostOptions = {}): Promise<T> {
    return getJson(`${this.url}${path}`, answer, { ...(this.fetch && { fetch: this.fetch }), ...options })
  }

  /** @throws PlatformError `unknown_member`, `bad_url` when what the node shows is no node's URL */
  async urlOf(member: MemberId): Promise<string> {
    const found = (await this.members()).find((one) => one.member === member)
    if (!found) throw new PlatformError("unknown_member", `${member} is no member of this network`)
    // On the ledger of a network on loopback alone there are such URLs.
    const fault = nodeUrlFault(found.url, { mayBeLoopback: isLoopbackUrl(this.url) })
    if (fault !== undefined)
      throw new PlatformError("bad_url", `${member} is not asked at ${found.url}: ${fault}`)
    return found.url
  }

  async submit(envelope: Bytes) {
    const { body } = await this.send("/ledger/submit", envelope)
    return submitAnswer.parse(decodeCbor(body), "answer")
  }

  /** Rows of a table that every member may read, `MAX_ROWS_ASKED` at most. The caller checks the proofs. */
  async prove(table: string, keys: readonly (readonly Cbor[])[], height = 0): Promise<RowsAnswer> {
    const question = { table, keys: keys.map((key) => key.map((part) => encodeCbor(part))), height }
    const { body } = await this.send("/ledger/prove", encodeCbor(question))
    return rowsAnswer.parse(decodeCbor(body), "answer")
  }

  private send(path: string, body: Bytes) {
    return postRaw(`${this.url}${path}`, body, nobody(), this.fetch && { fetch: this.fetch })
  }
}
