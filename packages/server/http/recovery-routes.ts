import {
  askBackAnswer,
  confirmQuestion,
  disclosedAnswer,
  okAnswer,
  permitQuestion,
  recoveryAnswer,
  recoveryQuestion,
  unreviewedAnswer,
  unreviewedQuestion,
} from "@aceso/client"
import { PlatformError } from "@aceso/core"
import type { AcesoNode } from "../node/node.ts"
import { mustDecide } from "../node/staff.ts"
import type { RecoveryState } from "../recovery/recovery.ts"
import { askBack } from "../recovery/returned.ts"
import type { StaffHandler } from "./handlers.ts"
import { END } from "./people-routes.ts"
import { encoded, parseBody } from "./signed.ts"
import { mustBeAdministrator } from "./staff-routes.ts"

async function shown(node: AcesoNode, { from, ...state }: RecoveryState) {
  const unreviewed = await node.services.vault.unreviewedCount()
  return encoded(recoveryAnswer.parse({ ...state, unreviewed, from: from ?? null }))
}

/** What leads out of a recovery (PRIVACY.md, Recovery). */
export const recoveryRoutes: Readonly<Record<string, StaffHandler>> = {
  "/staff/recovery": async (node, _body, who) => {
    mustBeAdministrator(who.isAdministrator)
    return shown(node, await node.services.readiness.recoveryUnderWay().look())
  },

  "/staff/recovery/declare": async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const { reason } = parseBody(recoveryQuestion, body)
    return shown(node, await node.services.readiness.recoveryUnderWay().declare(reason))
  },

  /** Also later: a member that was away may answer then. */
  "/staff/recovery/ask-back": async (node, _body, who) => {
    mustBeAdministrator(who.isAdministrator)
    return encoded(
      askBackAnswer.parse(await askBack(node.services.vault, node.services.ledger, node.services.outbound)),
    )
  },

  /** Of whom decisions are lost; also when the node serves again. */
  "/staff/recovery/unreviewed": async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    if (node.services.readiness.recovery?.isRestored === false)
      throw new PlatformError(
        "not_restored",
        "of whom decisions are lost is known once the loss is declared: aceso recover-vault --declare <reason>",
      )
    const { after, limit } = parseBody(unreviewedQuestion, body)
    const patients = await node.services.reviews.page(after ?? undefined, limit)
    const next = patients.length === limit ? (patients.at(-1)?.handle ?? null) : null
    return encoded(unreviewedAnswer.parse({ patients, next }))
  },

  "/staff/recovery/reviewed": async (node, body, who) => {
    mustDecide(who)
    await node.services.reviews.reviewed(who, parseBody(confirmQuestion, body).alias)
    return encoded(okAnswer.parse({ ok: true }))
  },

  "/staff/recovery/finish": async (node, _body, who) => {
    mustBeAdministrator(who.isAdministrator)
    await node.services.readiness.finishRecovery()
    return encoded(okAnswer.parse({ ok: true }))
  },

  /** An authority lets a member recover again within a year. */
  "/staff/recovery/permit": async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const { member } = parseBody(permitQuestion, body)
    await node.services.ledger.call("governance", "permitRecovery", { member })
    return encoded(okAnswer.parse({ ok: true }))
  },

  /** The desk's word, with the patient there, that the policy which a backup brought back is in force. */
  "/staff/recovery/confirm": async (node, body, who) => {
    const { alias } = parseBody(confirmQuestion, body)
    node.services.personnel.proofOf(who.key)
    const patient = await node.services.vault.patient({ alias })
    if (!patient) throw new PlatformError("unknown_patient", `nobody is called ${alias} here`)
    return encoded(disclosedAnswer.parse(await node.services.policies.confirm(patient.handle, who.key)))
  },
}

/**
 * What staff may ask of a node whose vault is behind: the way out, to import what can be imported, and, before anybody
 * outside reads again, to withhold what was withheld since the backup and to stop moves that it brought back.
 */
export const WHILE_RECOVERING: ReadonlySet<string> = new Set([
  "/staff/status",
  "/staff/recovery",
  "/staff/recovery/declare",
  "/staff/recovery/ask-back",
  "/staff/recovery/unreviewed",
  "/staff/recovery/reviewed",
  "/staff/recovery/finish",
  "/staff/list",
  END,
  "/staff/commit",
])
