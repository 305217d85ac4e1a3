import { type AttestedAnswer, PublicClient } from "@aceso/client"
import {
  type Bytes,
  type Countersigned,
  equalBytes,
  type GenesisDocument,
  headerHash,
  isSameCheckpoint,
  messageOf,
  PlatformError,
  toHex,
  verifyAttestation,
  verifyCountersigned,
} from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { MAX_SNAPSHOT_EVERY, type TrustedHeader } from "../node/config.ts"
import { Outbound } from "../node/outbound.ts"
import { layout } from "./layout.ts"
import { joinNetwork, type Network, readInvitation } from "./network.ts"
import { changeConfig } from "./node-json.ts"
import { readHome } from "./read.ts"

/** CometBFT trusts a header for seven days (trust_period, ledger/engines/cometbft/home.ts); one is left for the sync. */
const MAX_AGE_MS = 6 * 86_400_000
const LIMITS = { timeoutMs: 10_000, maxBytes: 2 * 2 ** 20 }

/** A member as the invitation names it. */
export interface Named {
  readonly member: string
  readonly url: string
  readonly key: Bytes
}

export interface Trusted {
  readonly header: TrustedHeader
  /** Members that signed the checkpoint, the founder first. */
  readonly signedBy: readonly string[]
}

/**
 * Takes a network into a home whose node begins with a snapshot of the others, and with a header that it can trust.
 * @throws PlatformError `folder_exists`, `wrong_engine`, those of joinNetwork and findHeader; then the home is as before
 */
export async function joinByStateSync(folder: string, path: string): Promise<Network & Trusted> {
  const paths = layout(folder)
  readHome(folder, "edit")
  const { document, applications } = readInvitation(path)
  if (document.engine !== "cometbft")
    throw new PlatformError(
      "wrong_engine",
      `the network ${document.network} runs on embedded, where no node fetches anything: leave --state-sync out`,
    )
  if (isThere(paths.engine))
    throw new PlatformError(
      "folder_exists",
      `${paths.engine} is there already, and a node that has blocks fetches the rest: leave --state-sync out`,
    )
  const { founder } = document
  const others = applications.filter(({ member }) => member !== founder.member)
  const found = await findHeader(document, [founder, ...others])
  const network = joinNetwork(folder, path)
  changeConfig(folder, ({ cometbft }) => ({ cometbft: { ...cometbft, stateSync: found.header } }))
  return { ...network, ...found }
}

/**
 * A header behind a checkpoint that the founder signed, which the validators of the genesis or those that followed
 * them committed.
 * @param nodes the founder first
 * @throws PlatformError `node_unreachable`, `bad_checkpoint`, `no_checkpoint`, `history_forked`
 */
export async function findHeader(
  document: GenesisDocument,
  nodes: readonly Named[],
  now = Date.now(),
): Promise<Trusted> {
  const [founder] = nodes
  const one = await checkpointOf(founder, document, now)
  const { height } = one.checkpoint
  const asked = await Promise.allSettled(nodes.map((node) => askFor(node, one, document)))
  const answers = asked.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []))
  const refusals = asked.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []))
  // A node that does not answer is left out; one that has another history is not.
  const isFork = (error: unknown) => error instanceof PlatformError && error.code === "history_forked"
  const fork = refusals.find(isFork)
  if (fork) throw fork
  const [first] = answers
  if (!first) throw refusals[0]
  if (answers.some(({ hash }) => hash !== first.hash))
    throw forkOf(`the validators signed two headers of height ${height + 1}`)
  const servers = answers.map(({ node }) => `${node.url}/comet`)
  const signedBy = answers.filter(({ hasSigned }) => hasSigned).map(({ node }) => node.member)
  return {
    header: { servers, height: height + 1, hash: first.hash },
    signedBy: [...new Set([founder.member, ...signedBy])],
  }
}

/** The oldest that the newest snapshot cannot lie far before: forward, the light client needs few headers. */
async function checkpointOf(founder: Named, document: GenesisDocument, now: number): Promise<Countersigned> {
  const client = new PublicClient(founder.url, new Outbound(document).fetch)
  const { checkpoint } = await client.status()
  const from = Math.max(1, checkpoint.height - 2 * MAX_SNAPSHOT_EVERY)
  const told = await client.checkpoints(from, LIMITS)
  const one = told.find(({ checkpoint: { time } }) => now - time < MAX_AGE_MS)
  if (!one)
    throw new PlatformError(
      "no_checkpoint",
      `${founder.member} has signed no block of the last ${MAX_AGE_MS / 86_400_000} days yet: try again later, or leave --state-sync out`,
    )
  try {
    mustBeSigned(one, founder, document)
  } catch (cause) {
    throw new PlatformError(
      "bad_checkpoint",
      `${founder.url} does not show a checkpoint that ${founder.member} signed with the key of the genesis (${messageOf(cause)}); if it has another key by now, have a member tell you a header and set cometbft.stateSync in node.json`,
      { cause },
    )
  }
  return one
}

function mustBeSigned(one: Countersigned, { member, key }: Named, document: GenesisDocument): void {
  const row = { member, from: 0, to: null, compromisedAt: null }
  const { members } = verifyCountersigned(one, document, (by) => (equalBytes(by, key) ? row : undefined))
  if (!members.includes(member)) throw badCheckpoint(`${member} did not sign it`)
}

/** What a member's node says of the checkpoint: the header behind it, and whether the member signed the same. */
async function askFor(node: Named, one: Countersigned, document: GenesisDocument) {
  const { height } = one.checkpoint
  const client = new PublicClient(node.url, new Outbound(document).fetch)
  const told = (await client.checkpoints(height, LIMITS)).find((other) => other.checkpoint.height === height)
  const hasSigned = told !== undefined && isSignedBy(told, node, document)
  if (hasSigned && !isSameCheckpoint(told.checkpoint, one.checkpoint))
    throw forkOf(`${node.member} signed another block ${height} than the founder`)
  const { hash } = headerBehind(one, await client.attested(height, LIMITS), document)
  return { node, hash, hasSigned }
}

/** A signature by a key that the invitation does not name counts neither for nor against. */
function isSignedBy(one: Countersigned, node: Named, document: GenesisDocument): boolean {
  try {
    mustBeSigned(one, node, document)
    return true
  } catch (error) {
    if (error instanceof PlatformError) return false
    throw error
  }
}

/**
 * The header after a checkpoint, if it has the checkpoint's application hash and more than two thirds of the
 * validators signed it. @throws PlatformError `bad_checkpoint`
 */
export function headerBehind(
  { checkpoint }: Countersigned,
  { comet }: Pick<AttestedAnswer, "comet">,
  document: GenesisDocument,
): { readonly height: number; readonly hash: string } {
  verifyAttestation({ checkpoint, operator: null, comet }, document, badCheckpoint)
  return { height: comet.next.height, hash: toHex(headerHash(comet.next)).toUpperCase() }
}

const badCheckpoint = (what: string) =>
  new PlatformError("bad_checkpoint", `the checkpoint does not hold: ${what}`)

const forkOf = (what: string) =>
  new PlatformError(
    "history_forked",
    `${what}; there are two histories: ask the members which one they have before you join`,
  )
