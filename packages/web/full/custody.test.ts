// needs: chromium
import assert from "node:assert/strict"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { it } from "node:test"
import { AppStore, PatientClient, StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import {
  enrolmentLink,
  fromHex,
  handleSeed,
  readRecoveryCode,
  recoveryOf,
  toBase64,
  toBase64Url,
  toHex,
} from "@aceso/core"
import type { Page, Request } from "playwright-core"
import { openPage } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"
import { joinAsNew } from "../testing/joining.ts"

const CITY = "city-hospital"

const demo = demoInBrowser("custody-pages", { isPopulated: false })

const app = () => (demo.network.start ?? "").replace(/\/demo\/$/, "")
const url = () => demo.network.node(CITY).services.config.url
const seedOf = (name: string) =>
  fromHex((readJson(layout(demo.folder).person(name)) as { seed: string }).seed)

/** All bytes of a folder's files. */
const filesOf = (from: string): Buffer[] =>
  readdirSync(from).flatMap((name) => {
    const path = join(from, name)
    return statSync(path).isDirectory() ? filesOf(path) : [readFileSync(path)]
  })

/** So much stands in the databases of a page's origin. */
const rowsOf = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onerror = () => reject(request.error)
        request.onsuccess = () => resolve(request.result)
      })
    let rows = 0
    for (const { name = "" } of await indexedDB.databases()) {
      const db = await done(indexedDB.open(name))
      for (const store of db.objectStoreNames)
        rows += await done(db.transaction(store).objectStore(store).count())
      db.close()
    }
    return rows
  })

/**
 * PRIVACY.md, The attacker test, for browsers: the pages make a key, use it and keep it, and neither a hospital (its node
 * and its portal's origin) nor the app's operator ever has it.
 */
it("what a patient's pages make reaches no origin: not the hospital's, not the portal's, not the operator's", async () => {
  const clerk = new StaffClient(url(), seedOf("city-registrar"))
  const { registered } = await clerk.desk.register({
    name: { family: "Zhao", given: ["Yu"] },
    ...{ birthDate: "1988-02-03", sex: "female", identifiers: [] },
  })
  const { invitation } = await clerk.desk.invite(registered?.alias ?? "")
  const opened = await openPage(demo.browser, enrolmentLink(app(), invitation))
  const { page, context } = opened
  context.setDefaultTimeout(60_000)
  const sent = new Map<string, Buffer[]>()
  const heard = (request: Request) => {
    const { origin } = new URL(request.url())
    const parts = [request.url(), JSON.stringify(request.headers())].map((text) => Buffer.from(text))
    sent.set(origin, [...(sent.get(origin) ?? []), ...parts, request.postDataBuffer() ?? Buffer.alloc(0)])
  }
  context.on("request", heard)
  await clerk.desk.confirm(invitation.code, await joinAsNew(opened))
  await page.getByRole("button", { name: "Yes, this is me" }).click()
  await page.getByRole("heading", { name: "Recovery code" }).waitFor()
  const groups = await page.locator(".groups li").allTextContents()
  await page.getByRole("button", { name: "I have it on paper" }).click()
  const asked = Number(/group (\d)/.exec((await page.locator("form label").textContent()) ?? "")?.[1])
  await page.getByRole("textbox").fill(groups[asked - 1])
  await page.getByRole("button", { name: "Check" }).click()
  await page
    .getByText(/all \d+ records of 1 organisation match the ledger/)
    .first()
    .waitFor()
  // Something that is signed with the key, too.
  await page.getByRole("link", { name: "Card", exact: true }).click()
  await page.getByLabel("For which organisation?").selectOption({ label: "County Hospital" })
  await page.getByRole("button", { name: "Make a card" }).click()
  await page.getByRole("button", { name: "Save as a file" }).waitFor()

  const code = readRecoveryCode(groups.join(" "))
  assert.ok(code)
  const { id, key } = recoveryOf(code)
  const store = new AppStore(app(), demo.network.document.app?.origins[0] ?? "")
  const seed = await store.seed(id, key)
  const [{ handle, keyNumber }] = await store.places(seed).then(({ places }) => places)
  const secrets = [seed, handleSeed(seed, CITY, handle, keyNumber)]
  const forms = secrets.flatMap((secret) => [
    Buffer.from(secret),
    ...[toHex(secret), toHex(secret).toUpperCase(), toBase64(secret), toBase64Url(secret)].map((text) =>
      Buffer.from(text),
    ),
  ])
  forms.push(Buffer.from(code), Buffer.from(groups.join("")))
  const kept = filesOf(demo.folder)
  assert.deepEqual([...sent.keys()].sort(), [new URL(app()).origin, new URL(url()).origin].sort())
  for (const [origin, all] of sent)
    for (const form of forms)
      assert.ok(!all.some((bytes) => bytes.includes(form)), `${origin} was sent a key`)
  for (const form of forms)
    assert.ok(!kept.some((bytes) => bytes.includes(form)), "a node's folder has a key")
  // The search itself works.
  assert.ok(sent.get(new URL(url()).origin)?.some((bytes) => bytes.includes(Buffer.from(handle))))

  // The portal, opened in the patient's own browser, finds nothing of the app's: it is another origin.
  const portal = await context.newPage()
  await portal.goto(`${url().replace("127.0.0.1", "localhost")}/portal/`)
  await portal.getByRole("heading").first().waitFor()
  assert.ok((await rowsOf(page)) > 0)
  assert.equal(await rowsOf(portal), 0)
  assert.deepEqual(
    await portal.evaluate(() => Object.keys(localStorage).filter((one) => /person|seed/i.test(one))),
    [],
  )
  await context.close()

  // An administrator who would act as the patient has only keys of their own.
  const place = { custodian: CITY, handle, keyNumber, url: url() }
  for (const who of ["city-admin", "city-registrar"]) {
    const { network: name } = demo.network.document
    const posing = new PatientClient({ network: name, seed: seedOf(who), places: [place], policyDelayMs: 1 })
    const wish = { grantee: "insurer", purpose: "HPAYMT" as const, classes: [], until: Date.now() + 60_000 }
    await assert.rejects(posing.grant(wish, CITY), { code: "not_permitted" })
    const { parts } = await posing.history()
    assert.notEqual(parts[0].state, "matches")
    const staff = new StaffClient(url(), seedOf(who))
    await assert.rejects(staff.desk.invite(registered?.alias ?? ""), { code: "key_exists" })
  }
})
