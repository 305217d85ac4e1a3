import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before } from "node:test"
import { DemoNetwork, type NetworkOptions } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import type { Browser } from "playwright-core"
import { builtPages } from "../build.ts"
import { openBrowser } from "./browser.ts"

export interface DemoInBrowser {
  readonly folder: string
  readonly network: DemoNetwork
  readonly browser: Browser
  /** Of a member's node, with no `/` at its end; `localhost`: as a browser trusts it to keep secrets. */
  urlOf(member: string): string
}
interface Options extends Omit<Partial<NetworkOptions>, "folder"> {
  /** With the patients of the stories. */
  readonly isPopulated?: boolean
  /** What else there is before the first test: outside of a suite a second `before` would not wait for this one. */
  readonly prepare?: (demo: DemoInBrowser) => Promise<void>
}

/**
 * One demo with the built pages and one browser for all tests of a file or a suite, begun before them and ended after.
 * @param name of its folder
 */
export function demoInBrowser(
  name: string,
  { isPopulated = true, prepare, ...options }: Options = {},
): DemoInBrowser {
  let folder: string | undefined
  let network: DemoNetwork | undefined
  let browser: Browser | undefined
  const begun = <T>(one: T | undefined): T => {
    assert.ok(one !== undefined, "the demo has not begun: ask for it in a test")
    return one
  }
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), `aceso-${name}-`))
    network = await DemoNetwork.open({ port: 0, pages: await builtPages(() => {}), ...options, folder })
    if (isPopulated) await populate(network)
    browser = await openBrowser()
    await prepare?.(demo)
  })
  after(async () => {
    await browser?.close()
    await network?.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })
  const demo: DemoInBrowser = {
    get folder() {
      return begun(folder)
    },
    get network() {
      return begun(network)
    },
    get browser() {
      return begun(browser)
    },
    urlOf: (member) => begun(network).node(member).services.config.url.replace("127.0.0.1", "localhost"),
  }
  return demo
}
