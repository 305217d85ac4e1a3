import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import {
  decodeCbor,
  equalBytes,
  evidence,
  type GenesisDocument,
  isObject,
  messageOf,
  PlatformError,
  readGenesis,
  receipt,
  type StateReader,
  signedGenesis,
  toHex,
  verifyEvidence,
  verifyReceipt,
} from "@aceso/core"
import { type Finding, Replay, type Verification, verifyFolder } from "@aceso/ledger/verify/verify.ts"
import { rules } from "@aceso/server/node/rules.ts"
import { verifyVault } from "@aceso/server/vault/verify-vault.ts"
import { type Command, command } from "../command.ts"
import { green, red, table } from "../output.ts"
import { type Session, UsageError } from "../session.ts"

interface VerifyResult extends Verification {
  /** What the answer rests on, and what was not checked. */
  readonly notes: readonly string[]
}

export function readAnchor(path: string): GenesisDocument {
  try {
    return readGenesis(signedGenesis.parse(JSON.parse(readFileSync(path, "utf8")), "anchor", "json"))
  } catch (cause) {
    throw new UsageError(`${path} is no anchor (a genesis.json): ${messageOf(cause)}`, { cause })
  }
}

const bad = (kind: string, where: string, error: unknown): VerifyResult => ({
  ok: false,
  height: 0,
  checked: {},
  findings: [{ kind, where, detail: messageOf(error) }],
  notes: [],
})

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
    if (isObject(value) && "manifest" in value) {
      const answer = verifyEvidence(evidence.parse(value, "evidence"), anchor)
      return {
        ok: true,
        height: answer.height,
        checked: { evidence: 1 },
        findings: [],
        notes: [`evidence holds: ${answer.says}`, answer.restsOn],
      }
    }
    if (!anchor)
      throw new UsageError("a receipt is checked against an anchor that you trust: --anchor <genesis.json>")
    const answer = verifyReceipt(receipt.parse(value, "receipt"), anchor)
    const what = `${answer.contract}.${answer.action} ${toHex(answer.payloadId).slice(0, 12)}: ${answer.result.ok ? "accepted" : answer.result.rejection} in block ${answer.height}`
    return {
      ok: true,
      height: answer.height,
      checked: { receipts: 1 },
      findings: [],
      notes: [what, answer.restsOn],
    }
  } catch (error) {
    if (error instanceof PlatformError) return bad(error.code, path, error)
    throw error
  }
}

/** A data folder: the chain, the live state, and vaults: all of them, or the caller's own. */
async function verifyData(
  session: Session,
  folder: string,
  member: string | undefined,
): Promise<VerifyResult> {
  const path = join(folder, "genesis.json")
  if (!existsSync(path))
    throw new UsageError(`${folder} holds no genesis.json; name a data folder with --data`)
  const genesis = readAnchor(path)
  const nodes = join(folder, "nodes")
  const isHome = existsSync(join(folder, "node.json"))
  const owners = isHome ? [] : member ? [member] : existsSync(nodes) ? readdirSync(nodes) : []
  const afterReplay = async (chain: { store: StateReader }) => {
    const findings: Finding[] = []
    let records = 0
    for (const owner of owners) {
      const vault = await verifyVault(join(nodes, owner), owner, chain.store)
      findings.push(...vault.findings)
      records += vault.checked.records ?? 0
    }
    return { checked: { records }, findings }
  }
  const onProgress = (done: number) => {
    if (done % 1000 === 0) session.progress(`  ${done} blocks`)
  }
  const result = await verifyFolder(join(folder, "engine"), {
    genesis,
    rules,
    isLive: true,
    afterReplay,
    onProgress,
  })
  return {
    ...result,
    notes: [
      `re-executed on this machine from ${folder}; vaults: ${owners.join(", ") || "none"}`,
      ...(isHome ? ["not checked: the vault of this node"] : []),
      genesis.engine === "embedded"
        ? "attested by the operator alone"
        : "not checked: the validators' signatures, which are in each receipt",
    ],
  }
}

/** Blocks downloaded from a node, re-executed here and held against the node's checkpoint. */
async function verifyNode(session: Session, anchorPath: string | undefined): Promise<VerifyResult> {
  const { client } = session.staff()
  const { document } = await client.genesis()
  const genesis = anchorPath ? readAnchor(anchorPath) : document
  const status = await client.status()
  const replay = await Replay.open({ genesis, rules })
  try {
    for (let from = 1; from <= status.checkpoint.height; ) {
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
    return {
      ok: findings.length === 0,
      height: replay.height,
      checked: replay.checked,
      findings,
      notes: [
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
  },
  async run(session, { positionals, values }) {
    const anchor = typeof values.anchor === "string" ? values.anchor : undefined
    if (positionals[0]) return verifyFile(positionals[0], anchor ? readAnchor(anchor) : undefined)
    if (values.node) return verifyNode(session, anchor)
    const person = values.as ? session.person() : undefined
    return verifyData(session, session.folder, person?.kind === "staff" ? person.member : undefined)
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
