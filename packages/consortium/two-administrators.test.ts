import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { NewDevice, StaffClient } from "@aceso/client"
import { type Bytes, type PlatformError, publicKey, randomBytes, toHex } from "@aceso/core"
import { bootStory, type Story } from "./testing/story.ts"

const COUNTY = "county-hospital"
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: PlatformError) => error.code,
  )

/** One administrator of County, who would be two. */
describe("an administrator who takes on a second one", () => {
  let story: Story
  let id: string
  before(async () => {
    story = await bootStory()
    const { vault } = story.node(COUNTY).services
    const [wrong, right] = (await vault.patients()).filter(({ hasKey }) => hasKey)
    const record = (await vault.log(wrong.handle)).find(({ type }) => type === "Observation")
    assert.ok(record)
    const { move } = await story
      .staff("county-admin")
      .joins.misfiled(wrong.alias, `${record.type}/${record.fhirId}`, "so that it is gone", right.alias)
    id = toHex(move.id)
  })
  after(() => story.end())

  const set = (twoAdministrators: boolean) =>
    Object.assign(story.node(COUNTY).services.config, { twoAdministrators })
  const stateNow = async () => {
    const moves = await story.staff("county-admin").joins.moves()
    return moves.find((one) => toHex(one.id) === id)?.state
  }
  async function invited(name: string, isAdministrator: boolean, seed: Bytes) {
    const { url, people } = story.staff("county-admin")
    const { code } = await people.invite({ name, isAdministrator })
    const { network } = story.network.document
    const device = await NewDevice.begin(url, code, seed, network)
    const { waitsForSecond } = await people.confirm(code, device.digits)
    return { waitsForSecond, client: new StaffClient(url, seed) }
  }

  it("decides no move with them, nor with a key of one's own as somebody's, where two are needed", async () => {
    set(true)
    const { people, url } = story.staff("county-admin")
    const puppet = await invited("puppet", true, randomBytes(32))
    assert.equal(puppet.waitsForSecond, true)
    const added = randomBytes(32)
    const key = new StaffClient(url, added)
    const known = { name: "added", key: publicKey(added), isAdministrator: true }
    assert.equal((await people.add(known)).waitsForSecond, true)
    const plain = await invited("plain", false, randomBytes(32))
    assert.equal(plain.waitsForSecond, false)
    assert.equal((await people.change("plain", null, true)).waitsForSecond, true)
    const own = await invited("county-admin", false, randomBytes(32))
    assert.equal(own.waitsForSecond, true)
    for (const { id: waiting } of await people.waiting())
      assert.equal(await codeOf(people.second(waiting, true)), "same_administrator")
    for (const client of [puppet.client, key, plain.client, own.client])
      assert.equal(await codeOf(client.joins.approveMove(id)), "not_permitted")
    assert.equal(await codeOf(story.staff("county-admin").joins.approveMove(id)), "same_administrator")
    assert.equal(await stateNow(), "withheld")
  })

  it("has a further device, which is the same administrator", async () => {
    set(false)
    const device = await invited("county-admin", false, randomBytes(32))
    assert.equal(await codeOf(device.client.joins.approveMove(id)), "same_administrator")
    assert.equal(await stateNow(), "withheld")
  })

  it("who is somebody else agrees to the next one, and decides", async () => {
    // Taken on while one was enough, as every organisation begins.
    const second = await invited("second", true, randomBytes(32))
    assert.equal(second.waitsForSecond, false)
    set(true)
    const waiting = await second.client.people.waiting()
    const found = waiting.find(({ name }) => name === "puppet")
    assert.ok(found)
    assert.equal(found.by, "county-admin")
    assert.equal((await second.client.people.second(found.id, true)).name, "puppet")
    const puppet = (await second.client.people.all()).find(({ name }) => name === "puppet")
    assert.deepEqual(
      puppet?.devices.map(({ by, second }) => [by, second]),
      [["county-admin", "second"]],
    )
    assert.equal(await codeOf(second.client.joins.approveMove(id)), "done")
    assert.equal(await stateNow(), "approved")
  })
})
