import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { Cli, inWords, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("peers")
const id = "ab".repeat(20)
let late: string

interface Shown {
  readonly peer: { readonly nodeId: string; readonly address?: string; readonly member?: string }
}
const list = async () => (await cli.json<{ peers: Shown["peer"][] }>("peers --folder authority")).peers

before(async () => {
  const engines = {
    authority: "--engine cometbft --p2p 127.0.0.1:2",
    late: "--engine cometbft --p2p 127.0.0.1:3",
  }
  for (const [name, engine] of Object.entries({ ...engines, small: "" }))
    await cli.json(
      `init --folder ${name} --member ${name} --name ${name} --kind authority --url http://127.0.0.1:1 ${engine}`.trim(),
    )
  late = JSON.parse(readFileSync(join(cli.folder, "late", "application.json"), "utf8")).nodeId
})
after(() => cli.end())

describe("aceso peers", () => {
  it("shows nobody at first, and says what it is for", async () => {
    assert.deepEqual(await list(), [])
    assert.match((await cli.run("peers --folder authority")).out, /\(none\)/)
    const help = await cli.run("peers --help")
    assert.deepEqual([help.status, help.err], [0, ""])
    assert.match(help.out, /which nodes may connect/)
  })

  it("adds an application, an id, an id with an address, and shows them as a table", async () => {
    const { peer } = await cli.json<Shown>("peers add late/application.json --folder authority")
    assert.deepEqual([peer.nodeId, peer.member, peer.address], [late, "late", "127.0.0.1:3"])
    await cli.json(`peers add ${id}@node.example:26656 --folder authority`)
    const { out } = await cli.run(`peers add ${"cd".repeat(20)} --folder authority`)
    assert.match(out, /cdcd may connect to this node\n$/)
    assert.equal((await list()).length, 3)
    const shown = (await cli.run("peers --folder authority")).out
    assert.match(shown, new RegExp(`${late} +127\\.0\\.0\\.1:3 +late +allowed`))
    assert.match(shown, new RegExp(`${id} +node\\.example:26656 +allowed`))
  })

  it("removes by id or by application, once", async () => {
    const { out } = await cli.run(`peers remove ${id} --folder authority`)
    assert.match(inWords(out), /may connect no more; while this node runs it is cut off within a minute/)
    const again = await cli.run(`peers remove ${id} --folder authority`)
    assert.equal(again.status, 1)
    oneSentence(again, /no peer of .* see aceso peers \(unknown_peer\)/)
    await cli.json("peers remove late/application.json --folder authority")
    assert.equal((await list()).length, 1)
  })

  const wrong: [line: string, status: number, says: RegExp][] = [
    ["peers", 2, /--folder/],
    ["peers add --folder authority", 2, /missing is <application.json\|nodeid>/],
    ["peers show --folder authority", 2, /there is list, add, remove/],
    [`peers add ${id} ${id} --folder authority`, 2, /is too much: aceso peers add </],
    [`peers add ${id}@nowhere --folder authority`, 2, /no node's id with host:port/],
    [`peers add ${id.toUpperCase()} --folder authority`, 1, /no application/],
    ["peers add authority/application.json --folder authority", 1, /this node itself/],
    ["peers --folder small", 1, /only nodes on cometbft have peers/],
    ["peers --folder nothing", 1, /no node\.json/],
  ]
  for (const [line, status, says] of wrong)
    it(`${line.replaceAll(id, "<id>")} -> ${status}`, async () => {
      const outcome = await cli.run(line)
      assert.equal(outcome.status, status, outcome.out + outcome.err)
      oneSentence(outcome, says)
    })
})
