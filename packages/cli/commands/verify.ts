import { readFileSync, statSync } from "node:fs"
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
  toHex,
  verifyEvidence,
  verifyForkEvidence,
  verifyReceipt,
} from "@aceso/core"
import { ORIGIN } from "@aceso/ledger/snapshot/adopt.ts"
import { Replay } from "@aceso/ledger/verify/verify.ts"
import { rules } from "@aceso/server/node/rules.ts"
import { verifyCheckpoints } from "@aceso/server/node/verify-checkpoints.ts"
import { green, red, table } from "../columns.ts"
import { type Command, command } from "../command.ts"
import { readSigned } from "../ledger-folder.ts"
import { type Session, UsageError } from "../session.ts"
import { verifyApp } from "../verify-app.ts"
import { prunedNote, type VerifyResult, verifyData } from "../verify-data.ts"

export const readAnchor = (path: string): GenesisDocument => readGenesis(readSigned(path))

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

const hasPruned = (error: unknown): error is PlatformError =>
  error instanceof PlatformError && error.code === "height_pruned"

const beganLater = (cause: PlatformError) =>
  new PlatformError(
    cause.code,
    `${cause.message}, or name the snapshot that it began with, engine/${ORIGIN} in its folder, with --snapshot`,
    { cause },
  )

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
  const start =
    snapshot === undefined ? {} : genesis.from ? { origin: { signed, snapshot } } : { base: snapshot }
  const replay = await Replay.open({ genesis, rules: rules(), ...start })
  const { prunedUpTo } = replay.chain
  try {
    for (let from = replay.height + 1; from <= status.checkpoint.height; ) {
      const { blocks } = await client.blocks(from).catch((error: unknown) => {
        throw snapshot === undefined && hasPruned(error) ? beganLater(error) : error
      })
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
        ...(genesis.from || prunedUpTo === 0 ? [] : [prunedNote(prunedUpTo)]),
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
  summary: "check a file offline, re-execute a chain on this machine, or check what the patient's app is",
  arguments: [
    {
      name: "file",
      words: "a receipt or evidence; without one a chain is executed again",
      count: "optional",
    },
  ],
  options: {
    app: {
      type: "boolean",
      words: "fetch the patient's app, and hold it against the build that a ballot released",
    },
    url: {
      type: "string",
      words: "with --app: this origin, instead of those that the genesis names",
      value: "<origin>",
    },
    portal: { type: "boolean", words: "with --app and --url: the portal of the node there" },
    anchor: { type: "string", words: "the genesis.json that you trust", value: "<file>" },
    checkpoints: {
      type: "string",
      words: "a member's checkpoints.jsonl, to find a history that was forked or rewritten",
      value: "<file>",
    },
    snapshot: {
      type: "string",
      words: "with --node: the snapshot that the network goes on from, or that the node began with",
      value: "<folder>",
    },
    with: {
      type: "string",
      multiple: true,
      words: "with --folder: another node's folder on the same engine, for its vault; may be repeated",
      value: "<folder>",
    },
  },
  example: "aceso verify --folder /var/lib/aceso --checkpoints checkpoints.jsonl",
  fails: "something does not hold; what it is stands in the output",
  async run(session, { positionals, values, lists }) {
    const anchor = typeof values.anchor === "string" ? values.anchor : undefined
    if (values.app) {
      const others = ["checkpoints", "snapshot"].filter((name) => values[name] !== undefined)
      if (positionals[0] || lists.with || others.length > 0)
        throw new UsageError(
          "--app checks the patient's app alone: leave file, --with, --checkpoints, --snapshot out",
        )
      return verifyApp(session, {
        anchor: anchor ? readAnchor(anchor) : undefined,
        url: typeof values.url === "string" ? values.url : undefined,
        isPortal: values.portal === true,
      })
    }
    if (values.url !== undefined || values.portal) throw new UsageError("--url and --portal come with --app")
    if (lists.with && (positionals[0] || values.node))
      throw new UsageError("--with comes with --folder: a file or a node's blocks have no vault")
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
    return verifyData(session, session.folder, {
      homes: lists.with ?? [],
      ...(member !== undefined && { member }),
      ...(checkpoints && { checkpoints }),
    })
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
