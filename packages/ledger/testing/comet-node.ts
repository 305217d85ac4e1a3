import { setTimeout as delay } from "node:timers/promises"
import { type Bytes, fromHex, messageOf, readEnvelope, type Table, toHex } from "@aceso/core"
import {
  type Request,
  type Response,
  ResponseProcessProposal_ProposalStatus as Verdict,
} from "cosmjs-types/tendermint/abci/types"
import { checkpointOf, decodeBlock } from "../block.ts"
import { CometEngine } from "../engines/cometbft/cometbft.ts"
import type { CometOptions, Responder } from "../engines/cometbft/options.ts"
import { idsOf } from "../engines/cometbft/peer-filter.ts"
import { packed, unpacked } from "./comet-ipc.ts"
import { namedRules, type RulesName } from "./comet-rules.ts"

/** Where a node can be killed: the three durability points of a block. */
export type KillPoint = "before-finalize-answer" | "before-commit" | "after-commit"

/** What a test asks a node in a process of its own. Keys and what is read are packed (comet-ipc.ts). */
export type NodeRequest =
  | { readonly do: "submit"; readonly bytes: string }
  | { readonly do: "tip" }
  | { readonly do: "block"; readonly height: number }
  | { readonly do: "transactions"; readonly height: number }
  | { readonly do: "events"; readonly height: number }
  | { readonly do: "row"; readonly table: string; readonly key: unknown }
  | { readonly do: "scan"; readonly table: string; readonly prefix: unknown }
  | { readonly do: "details" }
  | { readonly do: "receipt"; readonly payloadId: string }
  | { readonly do: "watched" }
  | { readonly do: "ignoreQuotas"; readonly isOn: boolean }
  | { readonly do: "killAt"; readonly point: KillPoint }
  | { readonly do: "letIn"; readonly peers: readonly string[] }
  | { readonly do: "close" }

/** What the node saw. */
export interface Watched {
  /** Exceptions in contracts, as `contract.action: message`. */
  readonly alarms: string[]
  /** Transactions in the largest proposal that it made while it ignored quotas. */
  greediest: number
  /** Proposals that it refused. */
  refused: number
  /** Ids of peers that it refused, once for each time. */
  readonly refusedPeers: string[]
  /** The same, of those that it let in. */
  readonly takenPeers: string[]
  /** What an operator would have read: restarts of CometBFT, and stalls. */
  readonly notices: string[]
}

export interface TransactionInBlock {
  readonly payloadId: string
  /** Public key of the first signer. */
  readonly signer: string
  readonly rejection: string | null
}

const watched: Watched = {
  alarms: [],
  greediest: 0,
  refused: 0,
  refusedPeers: [],
  takenPeers: [],
  notices: [],
}
/** Ids of peers that may connect; undefined: those that the engine was started with. */
let letIn: readonly string[] | undefined
let isIgnoringQuotas = false
let killAt: KillPoint | undefined
const die = () => process.kill(process.pid, "SIGKILL")

const around =
  (handler: Responder): Responder =>
  async (request) => {
    if (killAt === "before-commit" && request.commit) die()
    const honest = await handler(request)
    const answer = isIgnoringQuotas ? withoutQuotas(request, honest) : honest
    if (answer.processProposal?.status === Verdict.REJECT) watched.refused++
    const peer = /^\/p2p\/filter\/id\/(.*)$/.exec(request.query?.path ?? "")?.[1]
    if (peer !== undefined) (answer.query?.code === 0 ? watched.takenPeers : watched.refusedPeers).push(peer)
    if (killAt === "before-finalize-answer" && request.finalizeBlock && request.finalizeBlock.txs.length > 0)
      die()
    if (killAt === "after-commit" && request.commit) die()
    return answer
  }

/** A proposer that takes whatever it is sent, proposes all of it, and votes for its own proposal. */
function withoutQuotas(request: Request, answer: Partial<Response>): Partial<Response> {
  if (answer.checkTx) return { checkTx: { ...answer.checkTx, code: 0 } }
  if (answer.processProposal) return { processProposal: { status: Verdict.ACCEPT } }
  if (!request.prepareProposal) return answer
  const { txs } = request.prepareProposal
  watched.greediest = Math.max(watched.greediest, txs.length)
  return { prepareProposal: { txs } }
}

interface Spoken {
  readonly id: number
  readonly request: NodeRequest
}

const fail = (error: unknown): never => {
  process.stderr.write(`${given.moniker}: ${messageOf(error)}\n`)
  process.exit(1)
}

const given = unpacked(JSON.parse(process.argv[2])) as CometOptions & { readonly rulesName?: RulesName }
const rules = namedRules[given.rulesName ?? "contracts"]
const known = idsOf(given.peers)
const mayConnect = (nodeId: string) => (letIn ?? known).includes(nodeId)
const engine = await CometEngine.open({
  ...given,
  rules,
  threads: 1,
  around,
  mayConnect,
  cutOffWithinMs: 3_000,
  onRestart: (why) => watched.notices.push(`restart: ${why}`),
  onStall: (sentence) => watched.notices.push(sentence),
}).catch(fail)
engine.onFault = fail
engine.chain.executor.onAlarm = ({ contract, action, error }) =>
  watched.alarms.push(`${contract}.${action}: ${messageOf(error)}`)

/** The newest definition of a table. */
function tableOf(name: string): Table {
  const found = rules.contracts
    .flatMap(({ tables }) => tables)
    .filter((table) => table.name === name)
    .sort((a, b) => b.version - a.version)
  if (found.length === 0) throw new Error(`the rules have no table ${name}`)
  return found[0]
}

const blockAt = async (height: number) => decodeBlock(await engine.block(height))

async function answer(request: NodeRequest): Promise<unknown> {
  switch (request.do) {
    case "submit": {
      const { height, result } = await engine.submit(fromHex(request.bytes) as Bytes)
      return { height, result }
    }
    case "tip": {
      const { checkpoint } = await engine.status()
      return { height: checkpoint.height, stateRoot: toHex(checkpoint.stateRoot) }
    }
    case "block": {
      const block = await blockAt(request.height)
      const { stateRoot, historyHash } = checkpointOf(engine.network, block)
      const ids = block.events.map(({ name }) => name)
      return {
        stateRoot: toHex(stateRoot),
        historyHash: toHex(historyHash),
        events: ids,
        transactions: block.envelopes.length,
      }
    }
    case "transactions": {
      const { envelopes, results } = await blockAt(request.height)
      return envelopes.map((bytes, i): TransactionInBlock => {
        const { payloadId, payload } = readEnvelope(bytes)
        const result = results[i]
        const rejection = result.ok ? null : result.rejection
        return { payloadId: toHex(payloadId), signer: toHex(payload.signers[0]), rejection }
      })
    }
    case "events":
      return packed((await blockAt(request.height)).events)
    case "row":
      return packed(await engine.read(tableOf(request.table), unpacked(request.key) as unknown[]))
    case "scan":
      return packed(await engine.scan(tableOf(request.table), unpacked(request.prefix) as unknown[]))
    case "details": {
      const details = await engine.details()
      return { ...details, validators: details.validators.length, stalled: engine.stalled }
    }
    case "receipt":
      return engine.receipt(fromHex(request.payloadId))
    case "watched":
      return watched
    case "ignoreQuotas":
      isIgnoringQuotas = request.isOn
      return {}
    case "killAt":
      killAt = request.point
      return {}
    case "letIn":
      letIn = request.peers
      return {}
    case "close":
      setImmediate(() => void engine.close().then(() => process.exit(0)))
      return {}
  }
}

process.on("message", ({ id, request }: Spoken) => {
  answer(request).then(
    (value) => process.send?.({ id, value }),
    (error: { code?: string; message: string }) =>
      process.send?.({ id, error: { code: error.code, message: error.message } }),
  )
})
process.on("disconnect", () => void engine.close().then(() => process.exit(0)))
await delay(0)
process.send?.({ ready: true })
