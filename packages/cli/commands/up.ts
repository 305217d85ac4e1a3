import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { messageOf } from "@aceso/core"
import type { Organisation, RunningHomes } from "@aceso/server/home/open.ts"
import { command } from "../command.ts"
import { announce } from "../demos.ts"
import { ending } from "../ending.ts"
import { logLine } from "../log.ts"
import type { Session } from "../session.ts"
import { writeTo } from "../terminal.ts"
import { moreOf, withOf } from "../with.ts"

/** Starts one organisation's services as soon as the ledger shows it, and says so. */
async function start(one: Organisation, session: Session, started: number): Promise<void> {
  await one.start()
  const { config, readiness } = one.node.services
  const { recovery } = readiness
  if (recovery) session.progress(logLine("info", config.member, recovery.words))
  const ready = `${recovery ? "in recovery after" : "ready in"} ${Math.round(performance.now() - started)} ms ${config.url}`
  if (session.isJson) session.progress(ready)
  else writeTo(process.stdout, `${ready}\n`)
}

/** Where npm run build puts the pages; undefined: it did not. */
function pagesFolder(): string | undefined {
  const folder = resolve(import.meta.dirname, "../../web/dist")
  return existsSync(join(folder, "portal.html")) ? folder : undefined
}

export const up = command({
  summary:
    "run a node in the foreground until SIGINT or SIGTERM; SIGHUP reloads its certificate, or ends it where its terminal is gone",
  arguments: moreOf("folder"),
  options: {
    with: {
      type: "string",
      multiple: true,
      words: "embedded: another organisation's folder, run on the same engine; may be repeated",
      value: "<folder>",
    },
  },
  isAtHome: true,
  ignores: ["node", "as"],
  example: "aceso up --folder /var/lib/aceso",
  async run(session, input) {
    const started = performance.now()
    const folder = session.home
    const stopped = ending.requested().then(() => {
      session.progress("stopping the node; again ends it at once")
      return "stopped" as const
    })
    let homes: RunningHomes | undefined
    // Also before the node is there.
    ending.reloads(() => {
      for (const one of homes?.organisations ?? []) one.reload()
    })
    // Here and not above: no other command waits for all that a node is made of.
    const { RunningHomes } = await import("@aceso/server/home/open.ts")
    const attached = withOf(input).map((one) => resolve(one))
    const pages = pagesFolder()
    if (pages === undefined) session.progress("the pages were not built (npm run build): none are served")
    homes = await RunningHomes.open(folder, attached, {
      ...(pages !== undefined && { pages }),
      environment: process.env,
      onNotice: (member, sentence) => session.progress(logLine("info", member, sentence)),
      onFault: (member, error) => session.progress(logLine("error", member, messageOf(error))),
    })
    const { engine, organisations } = homes
    const withdraw = [folder, ...attached].map((home, i) =>
      announce(home, [organisations[i].node.services.config.url]),
    )
    try {
      const starts = Promise.all(organisations.map((one) => start(one, session, started)))
      await Promise.race([stopped, starts.then(() => stopped), homes.failed()])
      // Who is asked for the ledger may be away by now.
      const { height } = engine.metrics()
      await homes.close()
      return {
        network: engine.network,
        members: organisations.map(({ node }) => node.services.config.member),
        height,
      }
    } catch (error) {
      // What stopped the node is the news, not what its end then runs into.
      await homes.close().catch(() => {})
      throw error
    } finally {
      for (const one of withdraw) one()
    }
  },
  print: ({ network, members, height }) => `${members.join(", ")} on ${network}: stopped at block ${height}`,
})
