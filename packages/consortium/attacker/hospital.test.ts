import assert from "node:assert/strict"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { it } from "node:test"
import type { Fetch } from "@aceso/client"
import { fromHex, handleSeed, toBase64, toBase64Url, toHex } from "@aceso/core"
import { layout } from "../files.ts"
import { bootStory } from "../testing/story.ts"

/** All bytes of a folder's files. */
function filesOf(folder: string): Buffer[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesOf(path) : [readFileSync(path)]
  })
}

/**
 * PRIVACY.md: everything that a hospital's process stores or receives is captured; no grant under another
 * custodian's handle can be made from it, because no key of any handle is in it.
 */
it("nothing that a hospital stores or receives holds a key of its patients", async () => {
  const story = await bootStory()
  const received = new Map<string, Buffer[]>()
  const urls = new Set<string>()
  const heard =
    (original: Fetch): Fetch =>
    async (input, init) => {
      const { origin } = new URL(input)
      urls.add(input)
      const response = await original(input, init)
      const copy = Buffer.from(await response.clone().arrayBuffer())
      const sent = init?.body instanceof Uint8Array ? Buffer.from(init.body) : Buffer.alloc(0)
      received.set(origin, [
        ...(received.get(origin) ?? []),
        sent,
        Buffer.from(JSON.stringify(init?.headers ?? {})),
        copy,
      ])
      return response
    }
  const original = globalThis.fetch
  globalThis.fetch = heard(original as Fetch) as typeof globalThis.fetch
  // What nodes ask each other goes out by their outbounds.
  for (const { services } of story.network.nodes.values())
    Reflect.set(services.outbound, "fetch", heard(services.outbound.fetch))
  try {
    const patient = story.patient("patient-1")
    const doctor = story.staff("county-doctor")
    const wish = {
      purpose: "TREAT" as const,
      classes: [],
      until: Date.now() + 86_400_000,
      reason: "Chest pain",
    }
    await doctor.request(patient.card("county-hospital", Date.now()), wish)
    for (const request of await patient.inbox())
      await patient.deliver(story.node("county-hospital").services.config.url, [
        (await patient.approve(request)).copy,
      ])
    const places = patient.places.map(({ custodian, handle }) => ({ custodian, handle }))
    assert.equal((await doctor.history(places, "TREAT")).isComplete, true)
    await patient.account()
    for (const node of story.network.nodes.values()) await node.services.policies.flush()
    for (const what of ["/exchange/fetch", "/exchange/request"])
      assert.ok(urls.has(`${story.node("city-hospital").services.config.url}${what}`), `${what} was heard`)

    const seed = fromHex(readFileSync(layout(story.network.folder).patientSeed("patient-1"), "utf8").trim())
    const secrets = [
      seed,
      ...patient.places.map(({ custodian, handle, keyNumber }) =>
        handleSeed(seed, custodian, handle, keyNumber),
      ),
    ]
    const forms = secrets.flatMap((secret) => [
      Buffer.from(secret),
      ...[toHex(secret), toHex(secret).toUpperCase(), toBase64(secret), toBase64Url(secret)].map((text) =>
        Buffer.from(text),
      ),
    ])
    const known = (haystacks: readonly Buffer[], needle: Uint8Array) =>
      haystacks.some((bytes) => bytes.includes(Buffer.from(needle)))
    for (const [member, node] of story.network.nodes) {
      const all = [
        ...filesOf(layout(story.network.folder).node(member)),
        ...filesOf(layout(story.network.folder).engine),
        ...(received.get(node.services.config.url) ?? []),
      ]
      for (const form of forms) assert.equal(known(all, form), false, `${member} holds a key of the patient`)
      // The search itself works: a handle, which the hospital does know, is found.
      const [own] = patient.places.filter(({ custodian }) => custodian === member)
      if (own) assert.equal(known(all, own.handle), true)
    }
  } finally {
    globalThis.fetch = original
    await story.end()
  }
})
