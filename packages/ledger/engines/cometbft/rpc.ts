import { setTimeout as delay } from "node:timers/promises"
import {
  type CometAttestation,
  type CometHeader,
  cometAttestation,
  fromHex,
  messageOf,
  PlatformError,
} from "@aceso/core"
import type { LightAnswer, LightCall } from "./light.ts"

const MAX_ANSWER_BYTES = 16 * 2 ** 20
type Link = CometAttestation["links"][number]

/** RoundStepPrecommit (cometbft/consensus/types/round_state.go): from then on precommits are waited for. */
const PRECOMMIT_STEP = 6
/** How a validator that has not voted stands in a list of votes. */
const NO_VOTE = "nil-Vote"

export interface ConsensusAtHand {
  /** Of the block that is voted on. */
  readonly height: number
  /** Of validators, in the step that the consensus is in: votes are signed and handed on, so whoever brings them. */
  readonly votes: number
  /** The heights at which peers, validators or not, say to be; 0 of one that did not say yet. */
  readonly peerHeights: readonly number[]
}

/** The few calls of CometBFT's JSON-RPC that we need (docs.cometbft.com/v0.38/rpc). */
export class CometRpc {
  private readonly url: string
  private readonly timeoutMs: number
  private readonly elsewhere: readonly CometRpc[]
  /** By height; a set of validators that ended never changes. */
  private readonly links = new Map<number, Link>()

  /**
   * @param at the port on loopback, or the URL of another node
   * @param elsewhere asked for headers from before this node's first block
   */
  constructor(at: number | string, timeoutMs = 10_000, elsewhere: readonly CometRpc[] = []) {
    this.url = typeof at === "string" ? at : `http://127.0.0.1:${at}`
    this.timeoutMs = timeoutMs
    this.elsewhere = elsewhere
  }

  async call(method: string, params: Record<string, unknown> = {}): Promise<unknown> {
    const body = (await this.post({ jsonrpc: "2.0", id: 1, method, params })) as {
      result?: unknown
      error?: { message: string; data?: string }
    }
    if (body.error)
      throw new PlatformError("engine_refused", `${body.error.message}: ${body.error.data ?? ""}`)
    return body.result
  }

  private async post(message: unknown): Promise<unknown> {
    try {
      const response = await fetch(this.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(message),
        redirect: "error",
        signal: AbortSignal.timeout(this.timeoutMs),
      })
      return JSON.parse(await bounded(response))
    } catch (cause) {
      throw new PlatformError("engine_unreachable", `CometBFT does not answer: ${messageOf(cause)}`, {
        cause,
      })
    }
  }

  /** Answer or refusal as CometBFT gives it. */
  async light({ method, params }: LightCall): Promise<LightAnswer> {
    const { result, error } = (await this.post({ jsonrpc: "2.0", id: 1, method, params })) as LightAnswer
    return error === undefined ? { result } : { error }
  }

  /** Hands transactions to the mempool; what it refuses is not told, the caller looks for them in blocks. */
  async broadcast(txs: readonly Uint8Array[]): Promise<void> {
    const calls = txs.map((tx, id) => ({
      jsonrpc: "2.0",
      id,
      method: "broadcast_tx_async",
      params: { tx: Buffer.from(tx).toString("base64") },
    }))
    await this.post(calls.length === 1 ? calls[0] : calls)
  }

  async height(): Promise<number> {
    const status = (await this.call("status")) as { sync_info: { latest_block_height: string } }
    return Number(status.sync_info.latest_block_height)
  }

  /**
   * Resolves when CometBFT, which was started, answers.
   * @param check throws when there is no use in waiting
   * @throws PlatformError `engine_unreachable`
   */
  async untilAnswering(check: () => void): Promise<void> {
    for (let i = 0; i < 600; i++) {
      check()
      try {
        await this.height()
        return
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        await delay(50)
      }
    }
    throw new PlatformError("engine_unreachable", "CometBFT did not answer within 30 s of its start")
  }

  /** @returns how many peers are connected, and whether the node still fetches old blocks */
  async condition(): Promise<{ readonly peers: number; readonly catchingUp: boolean }> {
    const [net, status] = await Promise.all([
      this.call("net_info") as Promise<{ n_peers: string }>,
      this.call("status") as Promise<{ sync_info: { catching_up: boolean } }>,
    ])
    return { peers: Number(net.n_peers), catchingUp: status.sync_info.catching_up }
  }

  /** Of the peers that are connected. */
  async peerIds(): Promise<string[]> {
    const { peers } = (await this.call("net_info")) as { peers: { node_info: { id: string } }[] }
    return peers.map(({ node_info }) => node_info.id)
  }

  /** The block at hand; it waits for the consensus, the other calls do not. */
  async consensus(): Promise<ConsensusAtHand> {
    const { round_state: own, peers } = (await this.call("dump_consensus_state")) as ConsensusAnswer
    const votes = own.votes.find(({ round }) => round === own.round)
    const cast = own.step >= PRECOMMIT_STEP ? votes?.precommits : votes?.prevotes
    return {
      height: Number(own.height),
      votes: (cast ?? []).filter((vote) => vote !== NO_VOTE).length,
      peerHeights: peers.map(({ peer_state }) => Number(peer_state?.round_state.height ?? 0)),
    }
  }

  async validators(height?: number): Promise<CometAttestation["validators"]> {
    const at = height === undefined ? {} : { height: String(height) }
    const answer = (await this.call("validators", { ...at, per_page: "100" })) as ValidatorsAnswer
    return answer.validators.map(({ pub_key, voting_power }) => ({
      key: fromBase64(pub_key.value),
      power: Number(voting_power),
    }))
  }

  /** A header with its commit and the validators of its height. */
  async signedHeader(height: number): Promise<CometAttestation["links"][number]> {
    const [answer, validators] = await Promise.all([
      this.call("commit", { height: String(height) }) as Promise<CommitAnswer>,
      this.validators(height),
    ])
    const { header, commit } = answer.signed_header
    return {
      header: headerOf(header),
      commit: {
        round: commit.round,
        blockId: blockIdOf(commit.block_id),
        signatures: commit.signatures.map((vote) =>
          // BlockIDFlag 2: voted for the block; 1 is absent, 3 is nil.
          vote.block_id_flag === 2 && vote.signature
            ? { time: timeOf(vote.timestamp), signature: fromBase64(vote.signature) }
            : null,
        ),
      },
      validators,
    }
  }

  /**
   * Headers H and H+1 with the commit of H+1; undefined while H+1 is not there.
   * @param changes heights of the blocks that changed the validators
   */
  async attestation(height: number, changes: readonly number[]): Promise<CometAttestation | undefined> {
    if ((await this.height()) < height + 1) return undefined
    const { header } = await this.signedHeader(height)
    const { header: next, commit, validators } = await this.signedHeader(height + 1)
    // What a block changes acts two heights later: the header after it is the last of the set before.
    const before = changes.filter((change) => change + 1 <= height)
    const links = await Promise.all(before.map((change) => this.link(change + 1)))
    return { header, next, commit, validators, links }
  }

  /** A node that began with a snapshot does not have those of before; whoever gets them checks them. */
  private async link(height: number): Promise<Link> {
    const known = this.links.get(height)
    if (known) return known
    let link: Link | undefined
    let refusal: unknown
    for (const rpc of [this, ...this.elsewhere])
      try {
        const [found] = cometAttestation.fields.links.parse([await rpc.signedHeader(height)]) as Link[]
        link = found
        break
      } catch (error) {
        refusal ??= error
      }
    if (!link) throw refusal
    this.links.set(height, link)
    return link
  }
}

/** @throws Error that names the limit */
async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

interface BlockIdJson {
  readonly hash: string
  readonly parts: { readonly total: number; readonly hash: string }
}
interface HeaderJson {
  readonly version: { readonly block: string; readonly app?: string }
  readonly chain_id: string
  readonly height: string
  readonly time: string
  readonly last_block_id: BlockIdJson
  readonly last_commit_hash: string
  readonly data_hash: string
  readonly validators_hash: string
  readonly next_validators_hash: string
  readonly consensus_hash: string
  readonly app_hash: string
  readonly last_results_hash: string
  readonly evidence_hash: string
  readonly proposer_address: string
}
interface CommitAnswer {
  readonly signed_header: {
    readonly header: HeaderJson
    readonly commit: {
      readonly round: number
      readonly block_id: BlockIdJson
      readonly signatures: readonly {
        readonly block_id_flag: number
        readonly timestamp: string
        readonly signature: string | null
      }[]
    }
  }
}
interface ConsensusAnswer {
  readonly round_state: {
    readonly height: string
    readonly round: number
    readonly step: number
    readonly votes: readonly {
      readonly round: number
      readonly prevotes: readonly string[]
      readonly precommits: readonly string[]
    }[]
  }
  readonly peers: readonly {
    readonly peer_state?: { readonly round_state: { readonly height: string } } | null
  }[]
}
interface ValidatorsAnswer {
  readonly validators: readonly {
    readonly pub_key: { readonly value: string }
    readonly voting_power: string
  }[]
}

const fromBase64 = (text: string) => Uint8Array.from(Buffer.from(text, "base64"))
const hex = (text: string) => fromHex(text.toLowerCase())
const blockIdOf = (id: BlockIdJson) => ({
  hash: hex(id.hash),
  parts: { total: id.parts.total, hash: hex(id.parts.hash) },
})

/** RFC 3339 with up to nine digits of a second. */
function timeOf(text: string): { seconds: number; nanos: number } {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text)
  if (!match) throw new PlatformError("engine_refused", `CometBFT sent a time that is none: ${text}`)
  return { seconds: Date.parse(`${match[1]}Z`) / 1000, nanos: Number((match[2] ?? "").padEnd(9, "0")) }
}

function headerOf(h: HeaderJson): CometHeader {
  return {
    blockVersion: Number(h.version.block),
    appVersion: Number(h.version.app ?? 0),
    chainId: h.chain_id,
    height: Number(h.height),
    time: timeOf(h.time),
    lastBlockId: blockIdOf(h.last_block_id),
    lastCommitHash: hex(h.last_commit_hash),
    dataHash: hex(h.data_hash),
    validatorsHash: hex(h.validators_hash),
    nextValidatorsHash: hex(h.next_validators_hash),
    consensusHash: hex(h.consensus_hash),
    appHash: hex(h.app_hash),
    lastResultsHash: hex(h.last_results_hash),
    evidenceHash: hex(h.evidence_hash),
    proposerAddress: hex(h.proposer_address),
  }
}
