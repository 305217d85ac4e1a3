import { messagesGroup } from "./cli/commands.ts"
import { messagesWords } from "./cli/words.ts"
import { messages as process } from "./definition/process.ts"
import { complaintGuide } from "./demo/guide.ts"
import { complaint } from "./demo/tour.ts"
import { messagesModule } from "./server/module.ts"

/** What this capability brings to whatever composes it. */
export const messages = {
  name: "messages",
  processes: [process],
  modules: [messagesModule],
  words: [messagesWords],
  tours: [complaint],
  guides: [complaintGuide],
  commands: {
    messages: { command: messagesGroup, holds: "what was sent already counts: aceso messages shows it" },
  },
}
