import { okAnswer } from "@aceso/client"
import { members } from "@aceso/contracts"
import {
  letterQuestion,
  lettersAnswer,
  lettersDone,
  lettersQuestion,
  MAX_LETTER_BYTES,
  mailReceipt,
  PlatformError,
} from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { memberRoute } from "../modules/route.ts"

/** How often it is looked whether there is mail, ms. */
const MAIL_MS = 30_000

/** Mail between members that cannot reach each other: an authority holds it, every node looks there. */
export const mailModule = serverModule({
  name: "mail",
  needs: ["config", "engine", "mailbox", "mailer"],
  setup({ config, engine, mailbox, mailer }) {
    const mustHold = async () => {
      const row = await engine.read(members, [config.member])
      if (row?.kind !== "authority")
        throw new PlatformError("no_mailbox", `${config.member} holds no mail of others: an authority does`)
    }
    return {
      windows: [{ name: "mail", everyMs: MAIL_MS, run: () => mailer.round() }],
      routes: [
        memberRoute({
          path: "/exchange/mail/put",
          summary: "a letter for another member, sealed to it, which lies here until that one takes it",
          question: letterQuestion,
          answer: mailReceipt,
          maxBytes: MAX_LETTER_BYTES + 65_536,
          async handle(letter, { member }) {
            await mustHold()
            if ((await engine.read(members, [letter.to]))?.status !== "active")
              throw new PlatformError("unknown_member", `${letter.to} is no active member of this network`)
            return mailbox.take(member, letter)
          },
        }),
        memberRoute({
          path: "/exchange/mail/letters",
          summary: "letters for the caller",
          question: lettersQuestion,
          answer: lettersAnswer,
          isRead: true,
          handle: async ({ after }, { member }) => ({ letters: await mailbox.letters(member, after) }),
        }),
        memberRoute({
          path: "/exchange/mail/done",
          summary: "letters that the caller has taken",
          question: lettersDone,
          answer: okAnswer,
          async handle({ numbers }, { member }) {
            await mailbox.done(member, numbers)
            return { ok: true }
          },
        }),
      ],
    }
  },
})
