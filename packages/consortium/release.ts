import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { appReleases } from "@aceso/contracts"
import { type Bytes, equalBytes } from "@aceso/core"
import { BUILD_FILE, readAppBuild } from "@aceso/core/app-build.ts"
import { readSecret } from "@aceso/server/node/config.ts"
import { LedgerClient } from "@aceso/server/node/ledger-client.ts"
import { passed } from "./admission.ts"
import type { DemoEngine } from "./engines.ts"
import { layout } from "./files.ts"
import { FOUNDER } from "./organisations.ts"

/** One proposal has room for so many changes. */
const MAX_WITHDRAWN = 15

/** The root of the pages that this demo serves; undefined: they are no whole build. @throws PlatformError `bad_build` */
export function buildIn(pages: string): Bytes | undefined {
  const file = join(pages, BUILD_FILE)
  return existsSync(file) ? readAppBuild(readFileSync(file)).root : undefined
}

/** Pages that were built anew are released by a ballot, and those of before withdrawn. */
export async function release(engine: DemoEngine, folder: string, build: Bytes): Promise<void> {
  if ((await engine.read(appReleases, [build]))?.to === null) return
  const older = (await engine.scan(appReleases))
    .filter(({ key: [root], row }) => row.to === null && !equalBytes(root, build))
    .slice(0, MAX_WITHDRAWN)
  const changes = [
    { do: "releaseApp", build },
    ...older.map(({ key: [root] }) => ({ do: "withdrawApp", build: root })),
  ]
  const seedOf = (member: string) => readSecret(`${layout(folder).node(member)}/member.key`)
  const founder = new LedgerClient(engine, FOUNDER, seedOf(FOUNDER))
  const { events } = await founder.call("governance", "propose", { changes })
  const proposal = events.find(({ data }) => data.proposal instanceof Uint8Array)?.data.proposal
  await passed(engine, seedOf, proposal as Bytes)
}
