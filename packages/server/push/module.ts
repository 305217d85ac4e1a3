import {
  noticeKeyAnswer,
  noticeQuestion,
  noticeShown,
  noticesEnded,
  noticesEndQuestion,
  noticesQuestion,
  okAnswer,
  ringQuestion,
} from "@aceso/client"
import { PlatformError, patientQuestion } from "@aceso/core"
import { TO_WANT } from "../live/abilities.ts"
import { serverModule } from "../modules/module.ts"
import { memberRoute, patientRoute, publicCall, publicRead, type Route } from "../modules/route.ts"
import type { Pushes } from "./pushes.ts"

const ok = { ok: true as const }
const SMALL = 4096
const HOUR_MS = 3_600_000
/** How often it is looked whether somebody is to be told, ms: never more rarely than delays last. */
const roundMs = (delayMs: number) => Math.min(1_000, Math.max(50, delayMs / 10))

/** That there is something new, without content: custodians ring, the app's operator pushes (docs/decisions/0049). */
export const noticesModule = serverModule({
  name: "notices",
  needs: ["bell", "config", "delegates", "pushes"],
  setup({ bell, config, delegates, pushes }) {
    const everyMs = () => roundMs(config.noticeDelayMs)
    return {
      windows: [
        { name: "bell", everyMs, run: () => bell.run() },
        { name: "bell.sweep", everyMs: HOUR_MS, run: () => bell.sweep() },
        ...(pushes
          ? [
              { name: "pushes", everyMs, run: () => pushes.sender.run() },
              { name: "pushes.sweep", everyMs: HOUR_MS, run: () => pushes.register.sweep() },
            ]
          : []),
      ],
      routes: [
        patientRoute({
          path: "/patient/notice",
          summary: "what is wanted of notices by this key",
          question: patientQuestion,
          answer: noticeShown,
          delegates: TO_WANT.decisions,
          isUnnoted: true,
          handle: async ({ handle }, _delegate, key) => ({ notice: await bell.wish(handle, key) }),
        }),
        patientRoute({
          path: "/patient/notice/set",
          summary: "rings this tag at the app's operator when there is something new, for 90 days",
          question: noticeQuestion,
          answer: okAnswer,
          delegates: TO_WANT.decisions,
          isUnnoted: true,
          async handle(wish, delegate, key) {
            if (delegate) await delegates.mustAct(wish.handle, delegate.key, TO_WANT[wish.level])
            await bell.want(wish, key)
            return ok
          },
        }),
        patientRoute({
          path: "/patient/notice/end",
          summary: "rings for this key no more",
          question: patientQuestion,
          answer: okAnswer,
          delegates: TO_WANT.decisions,
          isUnnoted: true,
          async handle({ handle }, _delegate, key) {
            await bell.end(handle, key)
            return ok
          },
        }),
        memberRoute({
          path: "/exchange/notices/send",
          summary:
            "that there is something new for whoever has this tag; the answer is the same where nobody has it",
          question: ringQuestion,
          answer: okAnswer,
          async handle({ tag }, { member }) {
            mustPush(pushes).sender.ring(member, tag)
            return ok
          },
        }),
      ],
    }
  },
})

/** At the app's origin alone. */
export const noticeRoutes = (pushes: Pushes | undefined): readonly Route[] => [
  publicRead({
    path: "/app/notices/key",
    summary: "the key by which the app's operator signs what it sends to push services",
    answer: noticeKeyAnswer,
    handle: () => ({ key: mustPush(pushes).service.publicKey }),
  }),
  publicCall({
    path: "/app/notices",
    summary: "registers a device's endpoint under the tags of these secrets, for 90 days",
    calls: "app",
    maxBytes: SMALL,
    question: noticesQuestion,
    answer: okAnswer,
    async handle({ endpoint, secrets }, from) {
      await mustPush(pushes).take(endpoint, secrets, from)
      return ok
    },
  }),
  publicCall({
    path: "/app/notices/end",
    summary: "ends that, in the word of whoever made the secrets",
    calls: "app",
    maxBytes: SMALL,
    question: noticesEndQuestion,
    answer: noticesEnded,
    handle: ({ endpoint, secrets }) => mustPush(pushes).register.end(endpoint, secrets),
  }),
]

function mustPush(pushes: Pushes | undefined): Pushes {
  if (pushes) return pushes
  throw new PlatformError(
    "no_notices",
    "this organisation does not serve the patient's app, and sends no notices",
  )
}
