import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { OwnRecords } from "@aceso/client/own-records.ts"
import { PublicClient } from "@aceso/client/public-client.ts"
import { fromHex, genesisHash, type Hash, randomBytes } from "@aceso/core"
import { layout, readJson } from "./files.ts"
import { bootStory, type Story } from "./testing/story.ts"

describe("a device that has joined a network", () => {
  let story: Story
  before(async () => {
    story = await bootStory()
  })
  after(() => story.end())

  const readerBy = (genesis: Hash) => {
    const file = readJson(layout(story.network.folder).person("patient-1")) as { seedFile: string }
    const { places } = story.patient("patient-1")
    const network = story.network.document.network
    return new OwnRecords({
      network,
      seed: fromHex(readFileSync(file.seedFile, "utf8").trim()),
      places,
      genesis,
    })
  }
  const statesBy = async (genesis: Hash) =>
    (await readerBy(genesis).history()).parts.map(({ state }) => state)

  it("believes nodes that show the genesis it goes by, and no other, however well it is signed", async () => {
    const { url } = story.node("city-hospital").services.config
    const own = genesisHash((await new PublicClient(url).genesis()).signed)
    assert.ok((await statesBy(own)).every((state) => state === "matches"))
    const other = await statesBy(randomBytes(32) as Hash)
    assert.ok(other.length > 1 && other.every((state) => state !== "matches"), other.join())
  })
})
