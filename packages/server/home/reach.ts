import { PlatformError } from "@aceso/core"
import type { CometConfig } from "../node/config.ts"
import { type Application, application } from "./application.ts"
import { changing } from "./changing.ts"
import { layout, writeJsonFile } from "./layout.ts"
import { readApplication } from "./network.ts"
import { changeConfig } from "./node-json.ts"
import { readHome } from "./read.ts"

/** Where other validators reach a node, and where its own CometBFT listens. */
export interface Reach {
  readonly p2p: string
  readonly cometbft: CometConfig
}

/** The home's application with its new address. */
export const withReach = (folder: string, { p2p }: Reach): Application => ({
  ...readApplication(layout(folder).application),
  p2p,
})

/**
 * Writes into a home where other validators reach it: a home made for `embedded` gets what CometBFT needs, and stays
 * on `embedded` until it joins another network.
 * @throws PlatformError `bad_config`, `bad_application`, and those of readHome and changing
 */
export const setReach = (folder: string, reach: Reach): Application =>
  changing(folder, () => setReachNow(folder, reach))

function setReachNow(folder: string, reach: Reach): Application {
  const { config } = readHome(folder, "edit")
  const paths = layout(folder)
  const facts = withReach(folder, reach)
  if (facts.member !== config.member)
    throw new PlatformError(
      "bad_application",
      `${paths.application} is that of ${facts.member}, and node.json that of ${config.member}`,
    )
  const cometbft = { ...config.cometbft, ...reach.cometbft, peers: config.cometbft?.peers ?? [] }
  changeConfig(folder, () => ({ cometbft }))
  writeJsonFile(paths.application, application.toJson(facts))
  return facts
}
