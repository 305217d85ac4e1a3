import { disclosedAnswer, okAnswer, renewalQuestion } from "@aceso/client"
import {
  type Bytes,
  bytes,
  equalBytes,
  handle,
  list,
  object,
  PlatformError,
  patientQuestion,
  pendingRequest,
  policyChange,
  policyState,
} from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { patientRoute } from "../modules/route.ts"

const ok = { ok: true }

/** Patients decide who may read what. */
export const policiesModule = serverModule({
  name: "policies",
  needs: ["custodian", "delegates", "live", "policies", "vault"],
  setup({ custodian, delegates, live, policies, vault }) {
    const waits = async (handle: Bytes, requestId: Bytes): Promise<boolean> =>
      (await vault.requests(handle, Date.now())).some(({ id }) => equalBytes(id, requestId))
    const answered = async (handle: Bytes, requestId: Bytes, state: "approved" | "declined") => {
      await vault.setRequestState(requestId, state)
      live.toPatient(handle, "requests")
    }
    return {
      routes: [
        patientRoute({
          path: "/patient/requests",
          summary: "requests that wait",
          question: patientQuestion,
          answer: object({ requests: list(pendingRequest, 10_000) }),
          delegates: ["decide", "read"],
          handle: async ({ handle }) => ({ requests: await custodian.pending(handle) }),
        }),
        patientRoute({
          path: "/patient/policy",
          summary: "the documents in force",
          question: patientQuestion,
          answer: policyState,
          delegates: ["decide", "read"],
          handle: ({ handle }) => policies.documents(handle),
        }),
        patientRoute({
          path: "/patient/change",
          summary: "a changed policy",
          question: policyChange,
          answer: disclosedAnswer,
          delegates: ["decide"],
          async handle(change, delegate) {
            const disclosed = await policies.change(change, delegate)
            // Another patient's request is not this one's to answer.
            if (change.requestId && (await waits(change.handle, change.requestId)))
              await answered(change.handle, change.requestId, "approved")
            live.toPatient(change.handle, "policy")
            return disclosed
          },
        }),
        patientRoute({
          path: "/patient/renew",
          summary: "expired changes, signed anew",
          question: renewalQuestion,
          answer: okAnswer,
          delegates: ["decide"],
          async handle({ handle, envelopes }, delegate) {
            await policies.renew(handle, envelopes, delegate)
            live.toPatient(handle, "policy")
            return ok
          },
        }),
        patientRoute({
          path: "/patient/decline",
          summary: "declines a request",
          question: object({ handle, requestId: bytes(16) }),
          answer: okAnswer,
          delegates: ["decide"],
          async handle({ handle, requestId }, delegate) {
            if (!(await waits(handle, requestId)))
              throw new PlatformError("not_found", "no such request waits for you")
            if (delegate) await delegates.note(handle, delegate.key, "declined")
            await answered(handle, requestId, "declined")
            return ok
          },
        }),
      ],
      start: () => policies.resume(),
      stop: async () => policies.stop(),
    }
  },
})
