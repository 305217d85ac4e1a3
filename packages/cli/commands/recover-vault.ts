import { join } from "node:path"
import type { AskBackAnswer, RecoveryAnswer } from "@aceso/client"
import { PlatformError, toHex } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { sayNoBackup } from "@aceso/server/recovery/no-backup.ts"
import { red, table } from "../columns.ts"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"

const REASONS = ["restored_backup", "lost_vault", "lost_keys"] as const
const STEPS = ["declare", "ask-back", "unreviewed", "reviewed", "finish", "permit", "without-backup"] as const
const OBSTACLES = {
  key_not_valid:
    "the ledger does not accept this home's member key: put the current secrets/member.key back, or have the others vote for another one (aceso propose replace-key, there)",
  authority_must_permit:
    "this organisation recovered within a year before: first the authority has to permit another one (aceso recover-vault --permit, there)",
  too_many_recoveries: "this organisation recovered as often as one may",
}

type Result =
  | { readonly step: "look" | "declare"; readonly recovery: RecoveryAnswer; readonly asked?: Asked }
  | { readonly step: "ask-back"; readonly asked: Asked }
  | { readonly step: "finish" }
  | { readonly step: "unreviewed"; readonly patients: readonly string[] }
  | { readonly step: "reviewed"; readonly patient: string }
  | { readonly step: "permit"; readonly member: string }
  | { readonly step: "without-backup"; readonly folder: string }
type Asked = Omit<AskBackAnswer, "released"> & {
  readonly released: readonly {
    requester: string
    time: string
    handle: string
    indexes: readonly number[]
  }[]
}

const readable = (answer: AskBackAnswer): Asked => ({
  ...answer,
  released: answer.released.map((one) => ({ ...one, handle: toHex(one.handle) })),
})

export const recoverVault = command<Result>({
  summary: "lead a node whose vault is behind its ledger, as after a restore, back to service",
  options: {
    declare: {
      type: "string",
      words: `declare the loss on the ledger: ${REASONS.join(", ")}`,
      value: "<reason>",
    },
    "ask-back": { type: "boolean", words: "ask the other members once more for lost disclosures" },
    unreviewed: {
      type: "boolean",
      words: "patients of whom decisions are lost: what was withheld, parted, or objected to",
    },
    reviewed: {
      type: "string",
      words: "what has to be withheld, apart or stopped of this patient is so again",
      value: "<alias>",
    },
    finish: { type: "boolean", words: "serve again, once what can be imported was imported" },
    permit: {
      type: "string",
      words: "an authority: let a member recover again within a year",
      value: "<member>",
    },
    "without-backup": {
      type: "boolean",
      words: "a stopped node: there is no backup; start on an empty vault, with all lost",
    },
  },
  changesHome: true,
  example: "aceso recover-vault --declare restored_backup --folder /var/lib/aceso",
  async run(session, { values }) {
    const asked = STEPS.filter((step) => values[step] !== undefined)
    if (asked.length > 1) throw new UsageError(`one step at a time: --${asked.join(" or --")}`)
    if (values["without-backup"]) {
      const folder = session.home
      if (isThere(join(folder, "vault", "vault.db")))
        throw new PlatformError(
          "vault_there",
          `${folder} has a vault: move ${join(folder, "vault")} aside first, so that it is not lost for good`,
        )
      sayNoBackup(folder)
      return { step: "without-backup", folder }
    }
    const { client } = session.staff()
    if (values.permit !== undefined) {
      await client.permitRecovery(String(values.permit))
      return { step: "permit", member: String(values.permit) }
    }
    if (values.unreviewed) {
      const patients: string[] = []
      for await (const alias of client.unreviewed()) patients.push(alias)
      return { step: "unreviewed", patients }
    }
    if (values.reviewed !== undefined) {
      await client.reviewed(String(values.reviewed))
      return { step: "reviewed", patient: String(values.reviewed) }
    }
    if (values.finish) {
      await client.finishRecovery()
      return { step: "finish" }
    }
    if (values["ask-back"]) return { step: "ask-back", asked: readable(await client.askBack()) }
    if (values.declare === undefined) {
      session.progress("  reading the blocks since the backup")
      return { step: "look", recovery: await client.recovery() }
    }
    const reason = REASONS.find((one) => one === values.declare)
    if (!reason) throw new UsageError(`--declare ${values.declare}: expected one of ${REASONS.join(", ")}`)
    session.progress("  reading the blocks since the backup, and declaring what was lost")
    const recovery = await client.declareRecovery(reason)
    session.progress("  asking the other members for lost disclosures")
    return { step: "declare", recovery, asked: readable(await client.askBack()) }
  },
  print: (result) => {
    switch (result.step) {
      case "look":
        return [...lossOf(result.recovery), ...next(result.recovery)].join("\n")
      case "declare":
        return [
          ...lossOf(result.recovery),
          ...(result.asked ? answersOf(result.asked) : []),
          ...next(result.recovery),
        ].join("\n")
      case "ask-back":
        return answersOf(result.asked).join("\n")
      case "finish":
        return [
          "  the node serves again; requesters and patients see that and since when it recovered",
          "  what stays closed until somebody confirms or reviews it: aceso status",
        ].join("\n")
      case "unreviewed":
        return result.patients.length === 0
          ? "  no lost decision about any patient waits to be looked at"
          : [
              "  Of these patients decisions since the backup are lost; nothing of theirs leaves",
              "  this node. Look at what was withheld, parted or stopped (your own notes, the",
              "  notices that others got), do it again, then --reviewed <alias>:",
              ...result.patients.map((alias) => `    ${alias}`),
            ].join("\n")
      case "reviewed":
        return `  ${result.patient}: reviewed; the patient's policy decides again`
      case "permit":
        return `  ${result.member} may recover once more`
      case "without-backup":
        return [
          "  who works with the node stood in the vault too; take on an administrator first:",
          `  aceso staff add <name> --administrator --folder ${result.folder}`,
          `  then aceso up --folder ${result.folder} starts on an empty vault, in recovery`,
        ].join("\n")
    }
  },
})

function lossOf(recovery: RecoveryAnswer): string[] {
  const { from, patients, entries, disclosures, policies, unreviewed, state, obstacle } = recovery
  return [
    `  whatever was committed up to block ${from} is in the vault; missing since:`,
    `    ${patients} patients, ${entries} record versions, ${disclosures} disclosures`,
    state === "restored"
      ? `    ${policies} policies are closed until the patient's device or the desk has confirmed them`
      : `    ${policies} policies that the ledger has newer`,
    ...(unreviewed > 0
      ? [
          `    of ${unreviewed} patients decisions are lost (withheld records, parted handles,`,
          "    objections): they stay closed until aceso recover-vault --unreviewed is done",
        ]
      : []),
    ...(obstacle === undefined ? [] : [red(`  ${OBSTACLES[obstacle]}`)]),
  ]
}

const next = ({ state }: RecoveryAnswer): string[] =>
  state === "restored"
    ? ["  next: aceso import what you still have, then aceso recover-vault --finish"]
    : [
        "  next: stop the node and restore a newer backup if there is one; else",
        `  aceso recover-vault --declare <reason> (${REASONS.join(", ")})`,
        "  The loss then stands on the ledger, for everybody and for ever.",
      ]

function answersOf({ asked, returned, silent, total, released }: Asked): string[] {
  return [
    `  ${returned} of ${asked} lost disclosures came back from the members that were answered then`,
    ...silent.map(({ member, detail }) =>
      red(`  ${member} did not answer: ${detail} (ask again: --ask-back)`),
    ),
    ...(total > 0
      ? [
          `  ${total} answers released records that are lost here now:`,
          table(
            ["when", "to", "handle", "records"],
            released.map((one) => [
              one.time.slice(0, 19),
              one.requester,
              one.handle.slice(0, 12),
              one.indexes.join(" "),
            ]),
          ),
        ]
      : []),
  ]
}
