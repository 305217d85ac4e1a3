import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { post } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { fromHex, object, STAFF_TAG, text } from "@aceso/core"
import { mustBeAdministrator } from "../node/staff.ts"
import { serverModule } from "./module.ts"
import { staffRoute } from "./route.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-capability-"))
const did: string[] = []
const greeting = object({ words: text(100) })

const capability = serverModule({
  name: "greetings",
  needs: ["config"],
  setup: ({ config: { member } }) => ({
    routes: [
      staffRoute({
        path: "/staff/greet",
        summary: "a greeting",
        check: mustBeAdministrator,
        question: object({ whom: text(50) }),
        answer: greeting,
        handle: ({ whom }, { name }) => ({ words: `${name} of ${member} greets ${whom}` }),
      }),
    ],
    windows: [{ name: "greetings", everyMs: 1, run: async () => did.push(`window ${member}`) }],
    start: async () => void did.push(`start ${member}`),
    stop: async () => void did.push(`stop ${member}`),
  }),
})

let network: DemoNetwork
before(async () => {
  network = await DemoNetwork.open({ folder, port: 0, modules: [capability] })
})
after(() => rmSync(folder, { recursive: true }))

it("a capability's module serves, works in windows, starts and ends with each node", async () => {
  const { url } = network.node("city-hospital").services.config
  const ask = (name: string) => {
    const { seed } = JSON.parse(readFileSync(join(folder, "people", `${name}.json`), "utf8"))
    return post(`${url}/staff/greet`, { whom: "you" }, { seed: fromHex(seed), tag: STAFF_TAG }, greeting)
  }
  assert.deepEqual(await ask("city-admin"), { words: "city-admin of city-hospital greets you" })
  await assert.rejects(ask("city-doctor"), { code: "not_permitted" })
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, unknown> }
  assert.ok(paths["/staff/greet"])
  while (!did.includes("window city-hospital")) await delay(1)
  await network.close()
  const ofCity = did.filter((one) => one.endsWith(" city-hospital"))
  assert.equal(ofCity[0], "start city-hospital")
  assert.equal(ofCity.at(-1), "stop city-hospital")
})
