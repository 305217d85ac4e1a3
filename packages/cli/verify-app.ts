import { PublicClient } from "@aceso/client"
import { type AppCheck, checkApp } from "@aceso/client/app-check.ts"
import { AskedLedger } from "@aceso/client/app-standing.ts"
import { type GenesisDocument, isLoopbackUrl, originFault, toHex } from "@aceso/core"
import { Outbound } from "@aceso/server/node/outbound.ts"
import { type Session, UsageError } from "./session.ts"
import type { VerifyResult } from "./verify-data.ts"

export interface AppOptions {
  /** The genesis that the user trusts, and how it is called. */
  readonly anchor: GenesisDocument | undefined
  /** One origin, instead of those that the genesis names. */
  readonly url: string | undefined
  /** What is served there is a node's portal. */
  readonly isPortal: boolean
}

/** What patients are served as the app, against what ballots released, as several members' nodes prove it. */
export async function verifyApp(session: Session, options: AppOptions): Promise<VerifyResult> {
  const { nodeUrl } = session
  const own = options.anchor ?? session.anchor()
  const genesis = own ?? (await new PublicClient(nodeUrl).genesis()).document
  const origins = originsOf(session, genesis, options)
  // What somebody names by hand may be on this machine: a page before it is put where all can reach it.
  const isLoopback = genesis.isLoopback === true || origins.every(isLoopbackUrl)
  const { fetch } = new Outbound({ isLoopback })
  const ledger = new AskedLedger(genesis, nodeUrl, fetchOf(genesis, nodeUrl))
  const checks: AppCheck[] = []
  for (const origin of origins) {
    session.progress(`  ${origin}`)
    checks.push(
      await checkApp({
        ...{ origin, fetch, page: options.isPortal ? "portal" : "app" },
        standing: (root) => ledger.standing(root, origin),
        mayTalkTo: () => ledger.origins(),
      }),
    )
  }
  const findings = checks.flatMap(({ origin, findings }) =>
    findings.map(({ kind, where, detail }) => ({ kind, where: `${origin}: ${where}`, detail })),
  )
  const sum = (of: (check: AppCheck) => number) => checks.reduce((all, one) => all + of(one), 0)
  return {
    ok: findings.length === 0,
    height: 0,
    checked: { origins: checks.length, files: sum(({ files }) => files), bytes: sum(({ bytes }) => bytes) },
    findings,
    notes: [
      ...checks.flatMap(({ origin, root, notes }) => [
        root ? `${origin} serves the build ${toHex(root)}` : `${origin} does not say which build it serves`,
        ...notes,
      ]),
      options.anchor
        ? "the anchor is the file that you named"
        : own
          ? "the anchor is the genesis in the folder"
          : "the anchor is the node's own genesis: name one that you trust with --anchor",
      "not seen: what is served to others than to this machine, and what is served and not listed",
    ],
  }
}

const fetchOf = ({ isLoopback = false }: GenesisDocument, nodeUrl: string) =>
  new Outbound({ isLoopback: isLoopback || isLoopbackUrl(nodeUrl) }).fetch

function originsOf(
  session: Session,
  genesis: GenesisDocument,
  { url, isPortal }: AppOptions,
): readonly string[] {
  if (url !== undefined) {
    const origin = url.replace(/\/+$/, "")
    const fault = originFault(origin, { isLoopback: true })
    if (fault !== undefined) throw new UsageError(`--url ${url}: ${fault}`)
    return [origin]
  }
  if (isPortal) throw new UsageError("--portal comes with --url: the address of the node whose portal it is")
  const demo = session.appOfDemo
  if (demo !== undefined) return [demo]
  if (!genesis.app)
    throw new UsageError(
      `the genesis of ${genesis.network} names no origin for the patient's app; name one with --url`,
    )
  return genesis.app.origins
}
