import { resolve } from "node:path"
import { command } from "../command.ts"
import { ending } from "../ending.ts"
import { pagesFolder, Running } from "../running.ts"
import { moreOf, withOf } from "../with.ts"

export const WITH_FOLDERS = {
  type: "string",
  multiple: true,
  words: "embedded: another organisation's folder, run on the same engine; may be repeated",
  value: "<folder>",
} as const

export const up = command({
  summary:
    "run a node in the foreground until SIGINT or SIGTERM; SIGHUP reloads its certificate, or ends it where its terminal is gone",
  arguments: moreOf("folder"),
  options: { with: WITH_FOLDERS },
  isAtHome: true,
  changesHome: true,
  ignores: ["node", "as"],
  example: "aceso up --folder /var/lib/aceso",
  async run(session, input) {
    const since = performance.now()
    const folder = session.home
    const stopped = ending
      .requested()
      .then(() => session.progress("stopping the node; again ends it at once"))
    const attached = withOf(input).map((one) => resolve(one))
    const pages = pagesFolder()
    if (pages === undefined) session.progress("the pages were not built (npm run build): none are served")
    const running = await Running.open(session, folder, attached, pages)
    void running.start(since).catch(() => {})
    return running.until(stopped)
  },
  print: ({ network, members, height }) => `${members.join(", ")} on ${network}: stopped at block ${height}`,
})
