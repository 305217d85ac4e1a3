import assert from "node:assert/strict"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { capabilities } from "@aceso/capabilities/index.ts"
import { NewDevice, StaffClient } from "@aceso/client"
import { type Bytes, fromHex, type PlatformError, type PractitionerProof, randomBytes } from "@aceso/core"
import { knowCapabilities } from "@aceso/server/node/processes.ts"
import { layout, readJson } from "./files.ts"
import { DemoNetwork } from "./network.ts"
import { handOver, handover } from "./testing/handover.ts"

knowCapabilities([...capabilities, { processes: [handover], modules: [] }])

const [CITY, COUNTY] = ["city-hospital", "county-hospital"]
const HOUR_MS = 3_600_000

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: PlatformError) => error.code,
  )

describe("a doctor with devices of their own, as another hospital sees them", () => {
  const folder = mkdtempSync(join(tmpdir(), "aceso-devices-"))
  const backup = mkdtempSync(join(tmpdir(), "aceso-devices-backup-"))
  const vault = join(layout(folder).node(CITY), "vault")
  let network: DemoNetwork
  let close = async () => {}
  const open = async () => {
    let isClosing = false
    // A round that is under way when a node stops may still reach for the vault.
    const onFault = (_: string, error: unknown) => isClosing || assert.ifError(error)
    const opened = await DemoNetwork.open({ folder, port: 0, onFault })
    network = opened
    close = () => {
      isClosing = true
      return opened.close()
    }
  }
  before(open)
  after(async () => {
    await close()
    for (const one of [folder, backup]) rmSync(one, { recursive: true, force: true })
  })

  const urlOf = (member: string) => network.node(member).services.config.url
  const as = (name: string) => {
    const { seed } = readJson(layout(folder).person(name)) as { seed: string }
    return new StaffClient(urlOf(CITY), fromHex(seed))
  }
  const phone = randomBytes(32)
  const tablet = randomBytes(32)
  const by = (seed: Bytes) => new StaffClient(urlOf(CITY), seed)

  /** A device of dr-li comes, in the way that people do it. */
  async function comes(seed: Bytes, label: string, rights: { role?: string; isAdministrator: boolean }) {
    const { people } = as("city-admin")
    const { code } = await people.invite({ name: "dr-li", label, ...rights })
    const device = await NewDevice.begin(urlOf(CITY), code, seed, network.document.network)
    assert.equal((await people.confirm(code, device.digits)).isPublished, true)
    await device.confirmed()
  }
  /** What City hands over in the word of a device. */
  const signed = (seed: Bytes, words: string, proof: PractitionerProof) =>
    handOver(network.node(CITY), COUNTY, words, { proof, seed })
  const proven = async (seed: Bytes, words: string) => signed(seed, words, await by(seed).proof())
  /** What County finds of it, which it fetches when it is looked at. */
  const found = async ({ id }: { readonly id: Bytes }) => {
    const { steps } = await network.node(COUNTY).services.correspondence.shown(id)
    const [{ document, lacking }] = steps[0].documents
    return lacking ?? document?.word?.proof.practitioner.role
  }

  it("signs by each of them, before and after one is lost: what was signed before holds", async () => {
    await comes(phone, "phone", { role: "doctor", isAdministrator: false })
    const old = await by(phone).proof()
    const earlier = await proven(phone, "by the phone, in time")
    await comes(tablet, "tablet", { isAdministrator: false })
    const lostAt = Date.now()
    const ended = await as("city-registrar").people.endKey("dr-li", "phone", lostAt)
    assert.deepEqual([ended.to, ended.isPublished], [lostAt, true])
    // The thief, first at City, then with City's help and the old proof.
    assert.equal(await codeOf(by(phone).proof()), "not_permitted")
    const forged = await signed(phone, "by whoever has found the phone", old)
    const later = await proven(tablet, "by the tablet")
    assert.deepEqual(
      [await found(earlier), await found(forged), await found(later)],
      [...["doctor", "document_refused", "doctor"]],
    )
  })

  it("in another role signs as that, and what was signed before holds as what it was", async () => {
    const before = await by(tablet).proof()
    const earlier = await proven(tablet, "as a doctor")
    await as("city-admin").people.change("dr-li", "researcher", false)
    const later = await proven(tablet, "as a researcher")
    const forged = await signed(tablet, "as a doctor still", before)
    assert.deepEqual(
      [await found(earlier), await found(later), await found(forged)],
      [...["doctor", "researcher", "document_refused"]],
    )
  })

  it("while absent signs nothing", async () => {
    const before = await by(tablet).proof()
    const earlier = await proven(tablet, "before the leave")
    await as("city-admin").people.absent("dr-li", Date.now() + HOUR_MS)
    assert.equal(await codeOf(by(tablet).proof()), "not_permitted")
    const forged = await signed(tablet, "on leave", before)
    assert.deepEqual([await found(earlier), await found(forged)], ["researcher", "document_refused"])
    // Back sooner than was said, by nobody's doing but the clock's; a slow machine gets more time to say so.
    let until = 0
    for (let ms = 200; until === 0; ms *= 2) {
      const soon = Date.now() + ms
      const said = await codeOf(as("city-admin").people.absent("dr-li", soon))
      if (said !== "bad_input") until = soon
    }
    while (Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(await found(await proven(tablet, "back again")), "researcher")
  })

  it("stays as it is over a restart, and an older vault brings the lost device back to nobody", async () => {
    const now = await as("city-admin").people.all()
    await close()
    await open()
    assert.deepEqual(await as("city-admin").people.all(), now)
    assert.deepEqual(
      [await codeOf(by(phone).proof()), await codeOf(by(tablet).proof())],
      ["not_permitted", "done"],
    )
    await close()
    cpSync(vault, backup, { recursive: true })
    await open()
    const left = await as("city-admin").people.endKey("dr-li", "tablet", null)
    assert.equal(left.isPublished, true)
    assert.equal((await as("city-admin").people.end("city-registrar", null)).isPublished, true)
    await close()
    rmSync(vault, { recursive: true })
    cpSync(backup, vault, { recursive: true })
    await open()
    for (const client of [by(phone), by(tablet), as("city-registrar")])
      assert.equal(await codeOf(client.people.me()), "not_permitted")
    // Who lost every device is invited again; who left is not.
    const anew = randomBytes(32)
    await comes(anew, "phone", { isAdministrator: false })
    assert.equal((await by(anew).people.me()).role, "researcher")
    assert.equal(await found(await proven(anew, "with a new phone")), "researcher")
    const again = as("city-admin").people.invite({ name: "city-registrar", isAdministrator: false })
    assert.equal(await codeOf(again), "person_ended")
  })

  it("leaves: nothing counts any more, and what was signed before holds", async () => {
    const admin = as("city-admin")
    const [{ devices }] = (await admin.people.all()).filter(({ name }) => name === "dr-li")
    assert.deepEqual(
      devices.map(({ label, isInForce }) => [label, isInForce]),
      [
        ["phone", false],
        ["tablet", false],
        ["phone", true],
      ],
    )
    const seed = randomBytes(32)
    await comes(seed, "watch", { isAdministrator: false })
    const before = await by(seed).proof()
    const earlier = await proven(seed, "the last one")
    await admin.people.end("dr-li", null)
    const forged = await signed(seed, "after the last one", before)
    assert.deepEqual([await found(earlier), await found(forged)], ["researcher", "document_refused"])
  })
})
