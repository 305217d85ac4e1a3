import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { equalBytes, MOVE_WAIT_MS, toHex } from "@aceso/core"
import { withRights } from "@aceso/server/node/person.ts"
import { bootStory, resourceOf, type Story, until } from "./testing/story.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"

/** A record that City filed at the wrong patient, as everybody sees it. */
describe("a misfiled record, over HTTP", () => {
  let story: Story
  /** Two patients of City, and what stands at the first of them. */
  let [wrong, right]: string[] = []
  let record: string
  let recordId: Uint8Array
  let id: string

  const placeAt = (alias: string) => {
    const place = story.patient(alias).places.find(({ custodian }) => custodian === CITY)
    assert.ok(place)
    return place
  }
  const fetch = async (alias: string) => {
    const { custodian, handle } = placeAt(alias)
    const answer = await story.staff("county-doctor").history([{ custodian, handle }], "TREAT")
    return { ...answer, city: answer.custodians[0] }
  }
  const partOf = async (alias: string) => {
    const part = (await story.patient(alias).account()).find(({ custodian }) => custodian === CITY)
    assert.ok(part)
    return part
  }
  const moveOf = async (alias: string) => {
    const move = (await story.patient(alias).moves.all()).find((one) => toHex(one.id) === id)
    assert.ok(move)
    return move
  }
  /** What the patient's device is given of a resource. */
  const texts = async (alias: string) => {
    const { vault } = story.node(CITY).services
    const { handle } = placeAt(alias)
    return (await vault.log(handle)).filter(({ type, fhirId }) => `${type}/${fhirId}` === record)
  }

  before(async () => {
    story = await bootStory()
    const { vault } = story.node(CITY).services
    const patients = (await vault.patients()).filter(({ hasKey }) => hasKey)
    ;[wrong, right] = patients.map(({ alias }) => alias)
    const found = (await vault.log(patients[0].handle)).find(({ type }) => type === "Observation")
    assert.ok(found)
    record = `${found.type}/${found.fhirId}`
    recordId = found.recordId
    for (const alias of [wrong, right]) {
      const patient = story.patient(alias)
      const until = Date.now() + 86_400_000
      const granted = await patient.grant({ grantee: COUNTY, purpose: "TREAT", classes: [], until }, CITY)
      await patient.deliver(
        story.node(COUNTY).services.config.url,
        granted.map(({ copy }) => copy),
      )
      await story.node(CITY).services.policies.flush()
    }
  })
  after(() => story.end())

  it("a requester with a full consent sees it withdrawn: no omission is cried, and nothing is silent", async () => {
    const first = await fetch(wrong)
    assert.deepEqual([first.city.withdrawn, first.city.findings], [0, []])
    const { move, told } = await story
      .staff("city-admin")
      .joins.misfiled(wrong, record, "filed at the wrong patient", right)
    id = toHex(move.id)
    assert.deepEqual(
      told.map(({ organisation, releases }) => [organisation, releases]),
      [[COUNTY, 1]],
    )
    const { city, timeline } = await fetch(wrong)
    assert.deepEqual([city.withdrawn, city.released, city.findings], [1, first.city.released - 1, []])
    const all = timeline.flatMap(({ sources, older }) => [...sources, ...older])
    assert.ok(!all.some((line) => equalBytes(line.recordId, recordId)))
  })

  it("whoever was shown it is told, and sees it with the patient's history", async () => {
    const received = async () => (await story.staff("county-admin").joins.notices()).received
    await until(story, async () => (await received()).length > 0, "the notice arrives")
    const [notice] = await received()
    assert.deepEqual([notice.custodian, notice.reason, notice.records], [CITY, "misfiled", [recordId]])
    const { notices } = await fetch(wrong)
    assert.deepEqual(
      notices.map(({ reason }) => reason),
      ["misfiled"],
    )
    assert.deepEqual((await fetch(right)).notices, [])
    const { sent } = await story.staff("city-admin").joins.notices({ all: true })
    assert.deepEqual(
      sent.map(({ state }) => state),
      ["delivered"],
    )
  })

  it("own staff see it struck out, with the reason", async () => {
    const { custodian, handle } = placeAt(wrong)
    const { timeline } = await story
      .staff("city-doctor")
      .history([{ custodian, handle }], "TREAT", { alsoOwn: handle })
    const entry = timeline.find(({ sources }) => sources.some((one) => equalBytes(one.recordId, recordId)))
    assert.equal(entry?.isStruckOut, true)
    assert.deepEqual(
      entry.sources.map(({ status, note }) => [status, note]),
      [["withdrawn", "filed at the wrong patient"]],
    )
  })

  it("the wrong patient's device is told, keeps a whole log, and gets no content", async () => {
    const move = await moveOf(wrong)
    assert.deepEqual([move.role, move.state, move.isOpen], ["from", "withheld", true])
    const part = await partOf(wrong)
    assert.deepEqual(part.entries.at(-1)?.contradictions, [])
    assert.equal(part.entries.at(-1)?.withdrawn, 1)
    assert.equal((await moveOf(right)).opening, null)
  })

  it("a custodian that calls a record withdrawn and tells nobody is caught by the patient", async () => {
    let lied = -1
    story.node(CITY).services.custodian.dishonesty = {
      body: (body) => {
        lied = body.lines.findIndex(({ status }) => status === "released")
        const withdrawn = { ...body.lines[lied], status: "withdrawn" as const, sent: null }
        return { ...body, lines: body.lines.with(lied, withdrawn) }
      },
      records: (records) => records.slice(1),
    }
    const { city } = await fetch(right)
    assert.deepEqual([city.withdrawn, city.findings], [1, []], "the requester sees it and can only count it")
    story.node(CITY).services.custodian.dishonesty = {}
    assert.deepEqual((await partOf(right)).entries.at(-1)?.contradictions, [
      `line ${lied} was held back as somebody else's, and you were not told of it`,
    ])
  })

  it("two administrators and 72 h move it; a fetch between the halves sees it nowhere", async () => {
    const { staff } = story.node(CITY).services
    const registrar = staff.named("city-registrar")
    staff.put(withRights(registrar, { isAdministrator: false, role: "doctor" }, {}))
    const approve = () => story.staff("city-registrar").joins.approveMove(id)
    await assert.rejects(approve, { code: "not_permitted" }, "one whose time has ended decides nothing")
    staff.put(registrar)
    await approve()
    const { clock, moving, committer } = story.node(CITY).services
    const start = Date.now()
    let ahead = MOVE_WAIT_MS - 60_000
    clock.now = () => Date.now() + ahead
    await moving.run()
    assert.equal((await moveOf(wrong)).state, "approved", "a minute too early")
    ahead += 120_000
    let between = 0
    const isMoved = async () => {
      ahead += 1000
      await moving.run()
      const halves = (await texts(wrong)).length - 1 + (await texts(right)).length
      if (halves === 1 && between++ === 0) {
        const [atWrong, atRight] = [await fetch(wrong), await fetch(right)]
        assert.deepEqual([atWrong.city.findings, atRight.city.findings], [[], []])
        assert.equal(atWrong.city.withdrawn, 1)
      }
      await committer.flush()
      return (await moveOf(wrong)).state === "moved"
    }
    await until(story, isMoved, `the move is done (begun ${start})`)
    assert.ok(between > 0)
    clock.now = () => Date.now()
  })

  it("at the right patient it is about the right patient, for device, staff and requester", async () => {
    const { vault } = story.node(CITY).services
    const [moved] = await texts(right)
    const { subject } = resourceOf((await vault.content(moved)).content)
    const patient = await vault.patient({ alias: right })
    assert.deepEqual(subject, { reference: `Patient/${patient?.fhirId}` })
    const { city, timeline } = await fetch(right)
    assert.deepEqual([city.findings, city.withdrawn], [[], 0])
    assert.ok(timeline.some(({ sources }) => sources.some((one) => equalBytes(one.recordId, moved.recordId))))
    assert.equal((await fetch(wrong)).city.withdrawn, 1)
    const { isComplete, entries } = await partOf(right)
    assert.ok(isComplete !== undefined && entries.at(-1)?.contradictions.length === 0)
  })

  it("both patients' keys move it back at once", async () => {
    const { move } = await story.staff("city-admin").joins.returnMove(id, "it was right before")
    id = toHex(move.id)
    const { clock, moving, committer } = story.node(CITY).services
    for (const alias of [wrong, right]) await story.patient(alias).moves.agree(await moveOf(alias))
    let ahead = 0
    clock.now = () => Date.now() + ahead
    const isBack = async () => {
      ahead += 1000
      await moving.run()
      await committer.flush()
      return (await moveOf(right)).state === "moved"
    }
    await until(story, isBack, "the way back is done")
    clock.now = () => Date.now()
    assert.deepEqual([(await fetch(wrong)).city.withdrawn, (await fetch(right)).city.withdrawn], [0, 1])
    const device = await partOf(wrong)
    assert.deepEqual(
      device.entries.flatMap(({ contradictions }) => contradictions),
      [],
      "also of what was withdrawn in between",
    )
    assert.deepEqual(story.faults, [])
  })
})
