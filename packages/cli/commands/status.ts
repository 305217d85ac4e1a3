import {
  type BackupsAnswer,
  StaffClient,
  StaffNode,
  type StaffStatusAnswer,
  type StatusAnswer,
  staffStatusAnswer,
  statusAnswer,
} from "@aceso/client"
import { PlatformError } from "@aceso/core"
import { red } from "../columns.ts"
import { command } from "../command.ts"
import { age, localTime, sizeOf } from "../output.ts"
import { type Session, UsageError } from "../session.ts"

/** What an engine of several machines knows of them. */
function consensusLines({ consensus }: StatusAnswer): string[] {
  if (!consensus) return []
  const { peers, catchingUp, validators } = consensus
  const names = validators.map(({ member, key, power }) => `${member ?? String(key).slice(0, 12)} (${power})`)
  return [
    `  peers       ${peers}`,
    `  lag         ${catchingUp ? red("still fetching blocks that others have") : "none"}`,
    `  validators  ${names.join(", ")}`,
  ]
}

function stallLines({ stalled, time }: StatusAnswer): string[] {
  return stalled ? [red(`  stalled     no block for ${age(time - stalled.since)}: ${stalled.why}`)] : []
}

/** What the node tells its own staff alone. */
function waitingLines(s: StatusAnswer | StaffStatusAnswer): string[] {
  if (!("disk" in s)) return []
  const {
    refused = [],
    retrying = [],
    reportsGivenUp = 0,
    eventsAside = 0,
    unconfirmed = 0,
    unreviewed = 0,
  } = s
  const lines = refused.map(
    ({ what, code }) =>
      `  refused     the ledger refuses ${what} (${code}); mend the cause, then aceso retry`,
  )
  lines.push(
    ...retrying.map(({ what, code }) => `  retrying    the ledger does not take ${what} now (${code})`),
  )
  if (s.isKeyValid === false)
    lines.push(
      "  member key  the ledger does not accept it: put the current secrets/member.key back, or see docs/operations.md, Other keys",
    )
  if (unconfirmed > 0)
    lines.push(`  closed      ${unconfirmed} policies wait for the patient's device, or aceso confirm`)
  if (unreviewed > 0)
    lines.push(`  closed      of ${unreviewed} patients decisions are lost: aceso recover-vault --unreviewed`)
  if (eventsAside > 0)
    lines.push(
      `  set aside   ${eventsAside} events of the ledger at which the node failed; mend the cause, then aceso retry`,
    )
  if (reportsGivenUp > 0)
    lines.push(
      `  reports     ${reportsGivenUp} of broken promises were not taken by the ledger; mend the cause, then start the node again`,
    )
  return lines.map(red)
}

function checkpointLines({ checkpoints, time }: StatusAnswer): string[] {
  if (!checkpoints) return []
  const { countersigned, forks } = checkpoints
  const newest = countersigned
    ? `block ${countersigned.height}, signed by ${countersigned.members} members, ${age(time - countersigned.time)} old`
    : "none that another member signed yet"
  return [
    `  checkpoint  ${newest}`,
    ...forks.map(({ height, member, file }) =>
      red(`  fork        ${member} signed another block ${height}; evidence in the node's folder: ${file}`),
    ),
  ]
}

function appLines({ app, time }: StatusAnswer): string[] {
  if (!app) return []
  return app.origins.flatMap(({ origin, files, findings }) =>
    findings.length === 0
      ? [`  app         ${origin}: as released, ${files} files, looked at ${age(time - app.time)} ago`]
      : findings.map(({ kind, where, detail }) =>
          red(`  app         ${origin}: ${kind}, ${where}: ${detail}`),
        ),
  )
}

/** What the node tells its own staff; undefined where the caller is nobody there, or nobody is to ask. */
async function asStaff(session: Session): Promise<StaffStatusAnswer | undefined> {
  let seed: Uint8Array
  try {
    ;({ seed } = session.staff().person)
  } catch (error) {
    // Nobody is known in this folder, or there is no folder.
    if (error instanceof UsageError || error instanceof PlatformError) return undefined
    throw error
  }
  try {
    return await new StaffClient(session.nodeUrl, seed).staffStatus()
  } catch (error) {
    if (error instanceof PlatformError && NOT_STAFF.has(error.code)) return undefined
    throw error
  }
}

/** How old the newest backup is, as the node tells its administrators. */
export function backupLines({ backups }: Shown): string[] {
  if (!backups) return []
  const { time, warnAfterMs, height, isUnreadable, isSetBack, beforeRecovery, since } = backups
  const [newest] = backups.backups
  if (!newest)
    return [
      red(
        isUnreadable
          ? "  backup      the list of backups in the node's folder (backups.json) cannot be read; aceso backup begins it anew"
          : beforeRecovery
            ? "  backup      none since the recovery (what was made before it does not count): aceso backup"
            : "  backup      none that this node knows of: aceso backup",
      ),
    ]
  const line = `  backup      ${age(time - newest.at)} old, of block ${newest.height}, in ${newest.to}`
  const missing = since
    ? `; ${[`${since.records} record versions`, ...(since.disclosures === undefined ? [] : [`${since.disclosures} disclosures`])].join(" and ")} came since, noise included`
    : ""
  if (isSetBack) return [red(`${line}: the vault has less than it, so it was set back since`)]
  if (newest.height > height)
    return [red(`${line}: this ledger has not come so far, so it was set back since`)]
  return [time - newest.at > warnAfterMs ? red(`${line}${missing}`) : `${line}${missing}`]
}

async function backupsOf(session: Session): Promise<BackupsAnswer | undefined> {
  try {
    return await new StaffNode(session.nodeUrl, session.staff().person.seed).backups()
  } catch (error) {
    // Administrators alone are told, and by a node that knows the question.
    if (error instanceof PlatformError) return undefined
    throw error
  }
}

/** What is printed. */
type Shown = (StatusAnswer | StaffStatusAnswer) & { readonly backups?: BackupsAnswer }

/** A node that does not serve yet tells its staff no more than others; neither does one that is reached by another name. */
const NOT_STAFF = new Set(["not_permitted", "not_started", "bad_signature", "not_found"])

const countLines = (s: StatusAnswer | StaffStatusAnswer): string[] =>
  "disk" in s
    ? [
        `  disk use    ${Object.entries(s.disk)
          .map(([what, bytes]) => `${what} ${sizeOf(bytes)}`)
          .join(", ")}`,
        `  vault       ${s.records} records (${s.committed} on the ledger), ${s.patients} patients`,
      ]
    : [
        `  disk use and counts: ${s.isStarted ? "for the node's own staff; name one with --as" : "when it serves"}`,
      ]

export const status = command({
  summary: "height, freshness, checkpoints, forks, validators, disk use and newest backup of a node",
  example: "aceso status --folder /var/lib/aceso",
  run: async (session) => {
    const full = await asStaff(session)
    const json = full
      ? staffStatusAnswer.toJson(full)
      : statusAnswer.toJson(await session.publicClient().status())
    const backups = full && (await backupsOf(session))
    return { ...(json as object), ...(backups && { backups }) } as Shown
  },
  print: (s: Shown) =>
    [
      `  ${s.member} on ${s.network} (${s.engine})`,
      ...(s.isRecovering
        ? [red("  in recovery: its vault is behind the ledger; see aceso recover-vault")]
        : []),
      ...(s.isStarted || s.isRecovering
        ? []
        : [red("  waits for the ledger, or for being admitted; see its output")]),
      `  height      ${s.checkpoint.height} at ${localTime(s.checkpoint.time)}, ${age(s.time - s.checkpoint.time)} ago`,
      ...stallLines(s),
      ...waitingLines(s),
      `  state root  ${s.checkpoint.stateRoot}`,
      ...checkpointLines(s),
      ...appLines(s),
      ...consensusLines(s),
      ...(s.prunedUpTo === undefined
        ? []
        : [`  pruned      from ${s.prunedUpTo}: this node began with a snapshot of block ${s.prunedUpTo}`]),
      `  on disk     state flushed to height ${s.flushedHeight}`,
      ...countLines(s),
      ...backupLines(s),
    ].join("\n"),
})
