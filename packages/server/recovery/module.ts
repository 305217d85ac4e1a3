import {
  askBackAnswer,
  confirmQuestion,
  disclosedAnswer,
  okAnswer,
  permitQuestion,
  recoveryAnswer,
  recoveryQuestion,
  recoveryRestAnswer,
  returnedAnswer,
  returnedQuestion,
  unreviewedAnswer,
  unreviewedQuestion,
} from "@aceso/client"
import { PlatformError } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { memberRoute, staffRoute } from "../modules/route.ts"
import { mustBeAdministrator } from "../node/staff.ts"
import type { RecoveryState } from "./recovery.ts"
import { askBack, returned } from "./returned.ts"

const ok = { ok: true }

/** What leads out of a recovery (PRIVACY.md, Recovery), and what others need in theirs. */
export const recoveryModule = serverModule({
  name: "recovery",
  needs: ["ledger", "outbound", "personnel", "policies", "readiness", "reviews", "vault"],
  setup({ ledger, outbound, personnel, policies, readiness, reviews, vault }) {
    const shown = async ({ from, ...state }: RecoveryState) => ({
      ...state,
      unreviewed: await vault.unreviewedCount(),
      from: from ?? null,
    })
    const mustBeRestored = () => {
      if (readiness.recovery?.isRestored === false)
        throw new PlatformError(
          "not_restored",
          "of whom decisions are lost is known once the loss is declared: aceso recover-vault --declare <reason>",
        )
    }
    return {
      routes: [
        staffRoute({
          path: "/staff/recovery",
          summary: "what the vault lacks, since when",
          check: mustBeAdministrator,
          whileRecovering: true,
          answer: recoveryAnswer,
          handle: async () => shown(await readiness.recoveryUnderWay().look()),
        }),
        staffRoute({
          path: "/staff/recovery/declare",
          summary: "declare the loss on the ledger and bring the vault up to it",
          check: mustBeAdministrator,
          whileRecovering: true,
          question: recoveryQuestion,
          answer: recoveryAnswer,
          handle: async ({ reason }) => shown(await readiness.recoveryUnderWay().declare(reason)),
        }),
        // Also later: a member that was away may answer then.
        staffRoute({
          path: "/staff/recovery/ask-back",
          summary: "ask the members for the openings of lost disclosures",
          check: mustBeAdministrator,
          whileRecovering: true,
          answer: askBackAnswer,
          handle: () => askBack(vault, ledger, outbound),
        }),
        staffRoute({
          path: "/staff/recovery/rest",
          summary: "what a recovery left to be done, also when the node serves again",
          check: mustBeAdministrator,
          whileRecovering: true,
          maxBytes: 4096,
          answer: recoveryRestAnswer,
          handle: async () => ({
            disclosures: await vault.lostDisclosureCount(),
            unconfirmed: await vault.unconfirmedCount(),
            unreviewed: await vault.unreviewedCount(),
          }),
        }),
        // Also when the node serves again.
        staffRoute({
          path: "/staff/recovery/unreviewed",
          summary: "patients of whom decisions are lost that nobody has looked at",
          check(who) {
            mustBeAdministrator(who)
            mustBeRestored()
          },
          whileRecovering: true,
          question: unreviewedQuestion,
          answer: unreviewedAnswer,
          async handle({ after, limit }) {
            const patients = await reviews.page(after ?? undefined, limit)
            return { patients, next: patients.length === limit ? (patients.at(-1)?.handle ?? null) : null }
          },
        }),
        staffRoute({
          path: "/staff/recovery/reviewed",
          summary: "an administrator has looked: what has to stand of this patient, stands",
          check: mustBeAdministrator,
          whileRecovering: true,
          question: confirmQuestion,
          answer: okAnswer,
          async handle({ alias }, who) {
            await reviews.reviewed(who, alias)
            return ok
          },
        }),
        staffRoute({
          path: "/staff/recovery/finish",
          summary: "serve again",
          check: mustBeAdministrator,
          whileRecovering: true,
          answer: okAnswer,
          async handle() {
            await readiness.finishRecovery()
            return ok
          },
        }),
        staffRoute({
          path: "/staff/recovery/permit",
          summary: "an authority permits a member's second recovery within a year",
          check: mustBeAdministrator,
          question: permitQuestion,
          answer: okAnswer,
          async handle({ member }) {
            await ledger.call("governance", "permitRecovery", { member })
            return ok
          },
        }),
        staffRoute({
          path: "/staff/recovery/confirm",
          summary: "the desk confirms a restored policy, with the patient there",
          question: confirmQuestion,
          answer: disclosedAnswer,
          async handle({ alias }, { key }) {
            personnel.proofOf(key)
            const patient = await vault.patient({ alias })
            if (!patient) throw new PlatformError("unknown_patient", `nobody is called ${alias} here`)
            return policies.confirm(patient.handle, key)
          },
        }),
        memberRoute({
          path: "/exchange/returned",
          summary: "openings of disclosures, asked back by the custodian that lost them",
          question: returnedQuestion,
          answer: returnedAnswer,
          handle: (question, { member }) => returned(vault, question, member),
        }),
      ],
    }
  },
})
