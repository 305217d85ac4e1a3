import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import {
  type Countersigned,
  decodeCbor,
  equalBytes,
  evidence,
  forkEvidence,
  type GenesisDocument,
  isObject,
  messageOf,
  PlatformError,
  parseCheckpoints,
  readGenesis,
  receipt,
  type SignedGenesis,
  signedGenesis,
  toHex,
  verifyEvidence,
  verifyForkEvidence,
  verifyReceipt,
} from "@aceso/core"
import type { Chain } from "@aceso/ledger"
import { ORIGIN } from "@aceso/ledger/snapshot/adopt.ts"
import { type Finding, Replay, type Verification, verifyFolder } from "@aceso/ledger/verify/verify.ts"
import { rules } from "@aceso/server/node/rules.ts"
import { verifyCheckpoints } from "@aceso/server/node/verify-checkpoints.ts"
import { verifyVault } from "@aceso/server/vault/verify-vault.ts"
import { type Command, command } from "../command.ts"
import { green, red, table } from "../output.ts"
import { type Session, UsageError } from "../session.ts"

interface VerifyResult extends Verification {
  /** What the answer rests on, and what was not checked. */
  readonly notes: readonly string[]
}

export const readAnchor = (path: string): GenesisDocument => readGenesis(readSigned(path))

function readSigned(path: string): SignedGenesis {
  try {
    const signed = signedGenesis.parse(JSON.parse(readFileSync(path, "utf8")), "anchor", "json")
    readGenesis(signed)
    return signed
  } catch (cause) {
    throw new UsageError(`${path} is no anchor (a genesis.json): ${messageOf(cause)}`, { cause })
  }
}

const MAX_CHECKPOINT_BYTES = 256 * 2 ** 20

/** What members signed; read before the chain, so that the chain is not the older one of the two. */
function readCheckpoints(path: string): readonly Countersigned[] {
  try {
    if (statSync(path).size > MAX_CHECKPOINT_BYTES)
      throw new Error(`it has more than ${MAX_CHECKPOINT_BYTES} bytes`)
    const { all } = parseCheckpoints(readFileSync(path, "utf8"))
    if (all.length === 0) throw new Error("it holds none")
    return all
  } catch (cause) {
    throw new UsageError(`${path} is no file of checkpoints (a checkpoints.jsonl): ${messageOf(cause)}`, {
      cause,
    })
  }
}

const bad = (kind: string, where: string, error: unknown): VerifyResult => ({
  ok: false,
  height: 0,
  checked: {},
  findings: [{ kind, where, detail: messageOf(error) }],
  notes: [],
})

/** What evidence shows; undefined: the value is none. */
function evidenceIn(value: unknown, anchor: GenesisDocument | undefined) {
  if (!isObject(value)) return undefined
  if (value.kind === "fork") return verifyForkEvidence(forkEvidence.parse(value, "evidence"), anchor)
  return "manifest" in value ? verifyEvidence(evidence.parse(value, "evidence"), anchor) : undefined
}

/** A receipt or evidence, offline. */
function verifyFile(path: string, anchor: GenesisDocument | undefined): VerifyResult {
  let value: unknown
  try {
    value = decodeCbor(readFileSync(path))
  } catch (error) {
    if (error instanceof PlatformError)
      return bad("not_readable", path, new Error("it is neither a receipt nor evidence, or it was damaged"))
    throw new UsageError(`${path} cannot be read: ${messageOf(error)}`, { cause: error })
  }
  try {
    const answer = evidenceIn(value, anchor)
    if (answer)
      return {
        ok: true,
        height: answer.height,
        checked: { evidence: 1 },
        findings: [],
        notes: [`evidence holds: ${answer.says}`, answer.restsOn],
      }
    if (!anchor)
      throw new UsageError("a receipt is checked against an anchor that you trust: --anchor <genesis.json>")
    const { contract, action, payloadId, result, height, restsOn } = verifyReceipt(
      receipt.parse(value, "receipt"),
      anchor,
    )
    const what = `${contract}.${action} ${toHex(payloadId).slice(0, 12)}: ${result.ok ? "accepted" : result.rejection} in block ${height}`
    return {
      ok: true,
      height,
      checked: { receipts: 1 },
      findings: [],
      notes: [what, restsOn],
    }
  } catch (error) {
    if (error instanceof PlatformError) return bad(error.code, path, error)
    throw error
  }
}

/** Where the blocks of a network begin that goes on from another. */
const sinceOf = ({ from }: GenesisDocument): string =>
  from
    ? `, beginning with the snapshot of block ${from.height} that the genesis names (what was before: genesis-until-${from.height}.json)`
    : ""

/** A data folder: the chain, the live state, and vaults: all of them, or the caller's own. */
async function verifyData(
  session: Session,
  folder: string,
  member: string | undefined,
  checkpoints: readonly Countersigned[] | undefined,
): Promise<VerifyResult> {
  const path = join(folder, "genesis.json")
  if (!existsSync(path))
    throw new UsageError(`${folder} holds no genesis.json; name a data folder with --data`)
  const signed = readSigned(path)
  const genesis = readGenesis(signed)
  const nodes = join(folder, "nodes")
  const isHome = existsSync(join(folder, "node.json"))
  const owners = isHome ? [] : member ? [member] : existsSync(nodes) ? readdirSync(nodes) : []
  let notes: readonly string[] = []
  const afterReplay = async (chain: Chain) => {
    const findings: Finding[] = []
    const compared = checkpoints && verifyCheckpoints(checkpoints, chain, genesis)
    findings.push(...(compared?.findings ?? []))
    notes = compared?.notes ?? []
    let records = 0
    for (const owner of owners) {
      const vault = await verifyVault(join(nodes, owner), owner, chain.store)
      findings.push(...vault.findings)
      records += vault.checked.records ?? 0
    }
    return { checked: { records, ...compared?.checked }, findings }
  }
  const onProgress = (done: number) => {
    if (done % 1000 === 0) session.progress(`  ${done} blocks`)
  }
  const result = await verifyFolder(join(folder, "engine"), {
    genesis,
    rules,
    origin: { signed, snapshot: join(folder, "engine", ORIGIN) },
    isLive: true,
    afterReplay,
    onProgress,
  })
  return {
    ...result,
    notes: [
      `re-executed on this machine from ${folder}${sinceOf(genesis)}; vaults: ${owners.join(", ") || "none"}`,
      ...notes,
      ...(isHome ? ["not checked: the vault of this node"] : []),
      genesis.engine === "embedded"
        ? "attested by the operator alone"
        : "not checked: the validators' signatures, which are in each receipt",
    ],
  }
}

/** Blocks downloaded from a node, re-executed here and held against the node's checkpoint. */
async function verifyNode(
  session: Session,
  anchorPath: string | undefined,
  checkpoints: readonly Countersigned[] | undefined,
  snapshot: string | undefined,
): Promise<VerifyResult> {
  const { client } = session.staff()
  const signed = anchorPath ? readSigned(anchorPath) : (await client.genesis()).signed
  const genesis = readGenesis(signed)
  if (genesis.from && snapshot === undefined)
    throw new UsageError(
      `this network goes on from block ${genesis.from.height} of another: name that snapshot with --snapshot <folder>, such as engine/${ORIGIN} in a node's folder`,
    )
  const status = await client.status()
  const replay = await Replay.open({ genesis, rules, ...(snapshot && { origin: { signed, snapshot } }) })
  try {
    for (let from = replay.height + 1; from <= status.checkpoint.height; ) {
      const { blocks } = await client.blocks(from)
      if (blocks.length === 0) break
      for (const block of blocks) if (!(await replay.block(block))) from = Number.POSITIVE_INFINITY
      from += blocks.length
      session.progress(`  ${replay.height} of ${status.checkpoint.height} blocks`)
    }
    const findings = [...replay.findings]
    const mine = replay.height === status.checkpoint.height ? replay.chain.tip : undefined
    if (replay.height < status.checkpoint.height)
      findings.push({
        kind: "blocks_missing",
        where: `block ${replay.height + 1}`,
        detail: "the node did not give all blocks up to its checkpoint",
      })
    if (mine && !equalBytes(mine.stateRoot, status.checkpoint.stateRoot))
      findings.push({
        kind: "checkpoint_differs",
        where: `block ${mine.height}`,
        detail: "the node's checkpoint has another state root than its own blocks give",
      })
    const compared = checkpoints && verifyCheckpoints(checkpoints, replay.chain, genesis)
    findings.push(...(compared?.findings ?? []))
    return {
      ok: findings.length === 0,
      height: replay.height,
      checked: { ...replay.checked, ...compared?.checked },
      findings,
      notes: [
        ...(compared?.notes ?? []),
        anchorPath
          ? "the anchor is the file that you named"
          : "the anchor is the node's own genesis: name one that you trust with --anchor",
        "not checked: the node's rows and tree on its disk, and vaults",
      ],
    }
  } finally {
    await replay.close()
  }
}

export const verify: Command<VerifyResult> = command<VerifyResult>({
  summary: "check a file offline, or re-execute a chain on this machine",
  positional: "[file]",
  options: {
    anchor: { type: "string", words: "the genesis.json that you trust", value: "<file>" },
    checkpoints: {
      type: "string",
      words: "a member's checkpoints.jsonl, to find a history that was forked or rewritten",
      value: "<file>",
    },
    snapshot: {
      type: "string",
      words: "with --node: the snapshot that the network goes on from",
      value: "<folder>",
    },
  },
  async run(session, { positionals, values }) {
    const anchor = typeof values.anchor === "string" ? values.anchor : undefined
    if (positionals[0] && values.checkpoints)
      throw new UsageError("checkpoints are compared with a chain: leave the other file out")
    const checkpoints =
      typeof values.checkpoints === "string" ? readCheckpoints(values.checkpoints) : undefined
    if (positionals[0]) return verifyFile(positionals[0], anchor ? readAnchor(anchor) : undefined)
    const snapshot = typeof values.snapshot === "string" ? values.snapshot : undefined
    if (values.node) return verifyNode(session, anchor, checkpoints, snapshot)
    if (snapshot !== undefined) throw new UsageError("--snapshot comes with --node; a folder has its own")
    const person = values.as ? session.person() : undefined
    const member = person?.kind === "staff" ? person.member : undefined
    return verifyData(session, session.folder, member, checkpoints)
  },
  print: (r) =>
    [
      r.ok ? green(`  verified${r.height ? ` up to block ${r.height}` : ""}`) : red("  NOT VERIFIED"),
      `  checked: ${
        Object.entries(r.checked)
          .map(([name, count]) => `${count} ${name}`)
          .join(", ") || "nothing"
      }`,
      ...r.notes.map((note) => `  ${note}`),
      ...(r.findings.length > 0
        ? [
            table(
              ["finding", "where", "detail"],
              r.findings.map((f) => [f.kind, f.where, f.detail]),
            ),
          ]
        : []),
    ].join("\n"),
  status: (r) => (r.ok ? 0 : 1),
})
