import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { layout } from "../home/layout.ts"
import { createNetwork } from "../home/network.ts"
import { readHome } from "../home/read.ts"
import { ask, end, entered } from "./testing/pages.ts"

after(end)

const WRONG = { member: "north", name: "North", kind: "authority", url: "http://127.0.0.1:7501" }
const before = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("before-"))

describe("an organisation that was typed wrong", () => {
  it("is begun again as long as it belongs to no network, and what was made stays aside", async () => {
    const one = await entered()
    assert.equal((await ask(one, one.token, "again", {})).code, "no_home")
    await ask(one, one.token, "organisation", WRONG)
    const key = readFileSync(layout(one.folder).secret("member"), "utf8")
    assert.equal((await ask(one, one.token, "again", {})).home, null)
    const [aside, ...more] = before(one.folder)
    assert.deepEqual(more, [])
    assert.equal(readFileSync(layout(join(one.folder, aside)).secret("member"), "utf8"), key)
    assert.equal(readHome(join(one.folder, aside), "edit").config.url, WRONG.url)
    const right = { ...WRONG, url: "http://127.0.0.1:7502" }
    const { home } = await ask(one, one.token, "organisation", right)
    assert.equal((home as { url: string }).url, right.url)
    assert.notEqual(readFileSync(layout(one.folder).secret("member"), "utf8"), key)
    // And once more.
    await ask(one, one.token, "again", {})
    assert.equal(before(one.folder).length, 2)
  })

  it("is not, once it belongs to one", async () => {
    const one = await entered()
    await ask(one, one.token, "organisation", WRONG)
    createNetwork(one.folder, "north-net", [])
    assert.equal((await ask(one, one.token, "again", {})).code, "network_exists")
    assert.deepEqual(before(one.folder), [])
  })

  it("is moved aside whole, also where the process was killed halfway", async () => {
    const one = await entered()
    await ask(one, one.token, "organisation", WRONG)
    await ask(one, one.token, "again", {})
    const [name] = before(one.folder)
    // As a killed process leaves it: the configuration moved, and nothing else.
    const [paths, aside] = [layout(one.folder), layout(join(one.folder, name))]
    for (const part of ["secrets", "people", "vault", "application"] as const)
      renameSync(aside[part], paths[part])
    const later = await entered(one.folder)
    assert.equal((await ask(later, later.token, "state", {})).home, null)
    for (const part of ["secrets", "people", "vault", "application"] as const) {
      assert.equal(existsSync(paths[part]), false, part)
      assert.equal(existsSync(aside[part]), true, part)
    }
  })
})
