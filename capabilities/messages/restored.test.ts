import assert from "node:assert/strict"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { type CaseClient, forgetfulDevice, type OwnCase, type PatientPlace, StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { patientOf } from "@aceso/consortium/testing/story.ts"
import { type Bytes, fromHex, toHex } from "@aceso/core"
import { readMessage, writeMessage } from "./client/communication.ts"
import { messages } from "./definition/process.ts"

const CITY = "city-hospital"
const written = (text: string) => [{ name: "Communication", content: writeMessage({ text }) }]

describe("messages at an organisation whose vault was restored from a backup", () => {
  const root = mkdtempSync(join(tmpdir(), "aceso-restored-"))
  const folder = join(root, "network")
  const device = forgetfulDevice()
  let network: DemoNetwork
  const open = async () => {
    network = await DemoNetwork.open({ folder, port: 0, onFault: () => {} })
  }
  before(open)
  after(async () => {
    await network.close()
    rmSync(root, { recursive: true, force: true })
  })
  const staff = (name: string) => {
    const { node, seed } = readJson(layout(folder).person(name)) as { node: string; seed: string }
    return new StaffClient(node, fromHex(seed))
  }
  const person = (): { readonly client: CaseClient; readonly place: PatientPlace } => {
    const patient = patientOf(network, "patient-1", 1, device)
    const place = patient.places.find(({ custodian }) => custodian === CITY)
    assert.ok(place)
    return { client: patient.cases([messages]), place }
  }
  const step = async (name: string, member: string, id: Bytes, step: string, text: string) => {
    const client = staff(name)
    const base = (await client.cases.show(id)).size
    const { network: own } = person().client as unknown as { network: string }
    const word = { network: own, member, proof: await client.proof() }
    await client.cases.step(word, { id, base, step }, written(text))
  }
  const until = async (is: () => Promise<boolean>, what: string) => {
    for (const end = Date.now() + 20_000; !(await is()); await delay(100)) assert.ok(Date.now() < end, what)
  }
  const inbox = async () =>
    (await staff("city-registrar").cases.inbox()).map(({ id, patient }) => [toHex(id), patient] as const)
  const waits = async ({ id }: OwnCase) => (await inbox()).some(([one]) => one === toHex(id))
  const texts = async ({ id }: OwnCase) =>
    (await staff("city-registrar").cases.show(id)).steps.map(({ documents: [one] }) =>
      one.document ? readMessage(one.document.content).text : one.lacking,
    )

  it("stay in its inbox, and come back with their texts", async () => {
    await populate(network)
    await network.close()
    const [city, backup] = [join(folder, "nodes", CITY), join(root, "backup")]
    cpSync(city, backup, { recursive: true })
    await open()
    const first = person()
    const opened = (text: string) =>
      first.client.open(first.place, messages, { organisation: CITY }, written(text), "authority")
    const asked = await opened("The first message ever.")
    const passed = await opened("A question.")
    await until(() => waits(passed), "the question is in the inbox")
    await step("city-registrar", CITY, passed.id, "answer", "City's own answer.")
    await first.client.step(await first.client.now(passed), "passOn", written("Not so."), "authority")
    await until(
      async () => (await staff("authority").cases.inbox()).some(({ id }) => toHex(id) === toHex(passed.id)),
      "the authority has it",
    )
    const seen = await staff("authority").cases.show(passed.id)
    assert.ok(seen.steps.every(({ documents }) => documents.every(({ lacking }) => lacking === null)))
    await network.close()
    rmSync(city, { recursive: true })
    cpSync(backup, city, { recursive: true })
    await open()

    // Its log of disclosures is behind as well: what went to the authority.
    await staff("city-admin").declareRecovery("restored_backup")
    await staff("city-admin").finishRecovery()

    // Nobody here knows whose it is, nor has the text: it waits all the same, and says what it lacks.
    await until(() => waits(asked), "it is in the inbox again")
    assert.deepEqual(await texts(asked), ["document_not_here"])
    // What is this organisation's own, or the person's, the authority has.
    assert.deepEqual(await texts(passed), ["A question.", "City's own answer.", "Not so."])

    const { client, place } = person()
    const { cases } = await client.all(place)
    const known = new Map(await inbox())
    assert.equal(typeof known.get(toHex(asked.id)), "string")
    for (const one of cases) await client.now(one)
    assert.deepEqual(await texts(asked), ["The first message ever."])
  })
})
