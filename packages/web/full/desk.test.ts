// needs: chromium
import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { NewDevice, PatientEnrolment, StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { fromHex, publicKey, randomBytes, readEnrolmentLink } from "@aceso/core"
import type { Locator, Page } from "playwright-core"
import { follow, type Opened, openPage, violations } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"
import { agree, digitsOn, joinAsNew, joinAsStaff, otherDigits, typeDigits } from "../testing/joining.ts"
import { scannedFrom } from "../testing/qr.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"

const demo = demoInBrowser("desk-pages", { isPopulated: false })

async function open(url: string, looks: Parameters<typeof openPage>[2] = {}): Promise<Opened> {
  const opened = await openPage(demo.browser, url, looks)
  opened.context.setDefaultTimeout(60_000)
  return opened
}
const portal = (member: string) =>
  `${demo.network.node(member).services.config.url.replace("127.0.0.1", "localhost")}/portal/`
const at = (member: string, who: string, looks: Parameters<typeof openPage>[2] = {}) =>
  open(`${portal(member)}#demo=${who}`, looks)
const staff = (name: string, member: string) => {
  const { seed } = readJson(layout(demo.folder).person(name)) as { seed: string }
  return new StaffClient(demo.network.node(member).services.config.url, fromHex(seed))
}
const PHONE = { width: 360, height: 780 }
const button = (page: Page | Locator, name: string | RegExp) => page.getByRole("button", { name })
const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true })
const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

/** The records of so many organisations, each held against the ledger in the page. */
const allOf = (page: Page, organisations: number) =>
  said(page, new RegExp(`all \\d+ records of ${organisations} organisations? match the ledger`))

async function fillIn(page: Page, family: string, given: string): Promise<void> {
  await page.getByLabel("Family name").fill(family)
  await page.getByLabel("Given names").fill(given)
  await page.getByLabel("Birth date").fill("1988-02-03")
  await page.getByLabel("Sex").selectOption("female")
}
/** Somebody new at a desk, without a document. */
async function register(page: Page, family: string): Promise<void> {
  await link(page, "Desk").click()
  await link(page, "Register somebody new").click()
  await fillIn(page, family, "Yu")
  await page.getByLabel("Which document did you check?").selectOption("none")
  await button(page, "Register").click()
  await said(page, new RegExp(`${family} is registered as person-`))
}

/** A picture of one colour, as a camera makes one. */
const face = (page: Page) =>
  page.evaluate(async () => {
    const canvas = new OffscreenCanvas(1600, 1200)
    const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D
    context.fillStyle = "#c08060"
    context.fillRect(0, 0, 1600, 1200)
    const blob = await canvas.convertToBlob({ type: "image/png" })
    return [...new Uint8Array(await blob.arrayBuffer())]
  })

describe("a clerk at the desk", () => {
  let clerk: Opened
  let phone: Opened
  before(async () => {
    clerk = await at(CITY, "city-registrar")
  })
  after(async () => {
    assert.deepEqual(clerk.faults, [])
    await clerk.context.close()
    await phone.context.close()
  })

  it("registers a person whose document was checked, and is asked before the same is registered twice", async () => {
    const { page } = clerk
    await link(page, "Desk").click()
    // Patients, where it begins, has such a field too.
    await page.getByRole("heading", { name: "Find the person first" }).waitFor()
    await page.getByLabel("Name, birth date or record number").fill("Zhao")
    await button(page, "Find").click()
    await said(page, "Nobody here fits.")
    await link(page, "Register somebody new").click()
    await fillIn(page, "Zhao", "Yu Min")
    await page.getByLabel("Which document did you check?").selectOption("passport")
    await page.getByLabel("Number of the document").fill("E1234567")
    await page.getByLabel("Issuing country").fill("chn")
    await page
      .getByLabel("Photo of the face")
      .setInputFiles({ name: "face.png", mimeType: "image/png", buffer: Buffer.from(await face(page)) })
    await page.getByAltText("The photo that was chosen").waitFor()
    assert.deepEqual(await violations(page), [])
    await button(page, "Register").click()
    await said(page, /Yu Min Zhao is registered as person-/)

    await link(page, "Desk").click()
    await link(page, "Register somebody new").click()
    await fillIn(page, "Zhao", "Yu Min")
    await page.getByLabel("Which document did you check?").selectOption("none")
    await button(page, "Register").click()
    await page.getByRole("heading", { name: "Is it one of these?" }).waitFor()
    await said(page, "the same name and birth date")
    assert.deepEqual(await violations(page), [])
    assert.equal((await staff("city-registrar", CITY).patients({ search: "zhao" })).patients.length, 1)
    await page.getByRole("link", { name: /This is the person/ }).click()
    await page.getByRole("heading", { name: "Yu Min Zhao" }).waitFor()
  })

  it("lets the person's phone join by the picture on the screen and the digits on the phone", async () => {
    const { page } = clerk
    await button(page, "Let a device join").click()
    await page.getByRole("img", { name: "Code for the device of Yu Min Zhao" }).waitFor()
    assert.deepEqual(await violations(page), [])
    phone = await open(await scannedFrom(page), PHONE)
    await said(phone.page, "City Hospital")
    await typeDigits(page, await joinAsNew(phone))
    await said(page, "Waiting for the person to confirm")
    await said(phone.page, "born 1988-02-03")
    await agree(phone.page)
    await allOf(phone.page, 1)
    await said(page, "Yu Min Zhao has a device here now.")
    assert.deepEqual(await violations(page), [])
  })

  it("of a second hospital lets the same phone join too", async () => {
    const { page, context } = await at(COUNTY, "county-admin")
    await register(page, "Zhao")
    await button(page, "Let a device join").click()
    await phone.page.goto(await scannedFrom(page))
    await said(phone.page, "County Hospital")
    await button(phone.page, "That is right, go on").click()
    await button(phone.page, "Unlock").click()
    await typeDigits(page, await digitsOn(phone.page))
    await button(phone.page, "Yes, this is me").click()
    await allOf(phone.page, 2)
    await said(page, "Yu Zhao has a device here now.")
    assert.deepEqual(phone.faults, [])
    await context.close()
  })

  it("is told what wrong digits mean, and who comes second learns that the code was used", async () => {
    const { page } = clerk
    await register(page, "Qian")
    await button(page, "Let a device join").click()
    const scanned = await scannedFrom(page)
    const first = await open(scanned, PHONE)
    const digits = await joinAsNew(first)
    const second = await open(scanned, PHONE)
    await button(second.page, "That is right, go on").click()
    await button(second.page, "Use a passphrase instead").click()
    await second.page.getByLabel("Passphrase", { exact: true }).fill("four plain words here")
    await second.page.getByLabel("The same passphrase again").fill("four plain words here")
    await button(second.page, "Protect it").click()
    await said(second.page, "This code was used already.")
    await page.getByLabel("The six digits that it shows").fill("12 34")
    await button(page, "These are its digits").click()
    await said(page, "Nothing was tried yet.")
    await typeDigits(page, otherDigits(digits))
    await said(page, "These are not the digits of that device. The code is dead")
    assert.deepEqual(await violations(page), [])
    await said(first.page, "There is no such code, or it has died.")
    await button(page, "Start again").click()
    await page.locator("svg.qr").waitFor()
    assert.notEqual(await scannedFrom(page), scanned)
    await button(page, "Close").click()
    await said(page, "This person has no device here yet.")
    await first.context.close()
    await second.context.close()
  })

  it("replaces a lost device, which shows on the old one and can be taken back there and at the desk", async () => {
    const { page } = clerk
    const find = async () => {
      await link(page, "Desk").click()
      // Patients, where it begins, has such a field too.
      await page.getByRole("heading", { name: "Find the person first" }).waitFor()
      await page.getByLabel("Name, birth date or record number").fill("Zhao")
      await button(page, "Find").click()
      await page.getByRole("link", { name: /Yu Min Zhao/ }).click()
    }
    const replace = async () => {
      await page.getByText("The device is lost for good", { exact: true }).click()
      await button(page, "Replace the lost device").click()
      await said(page, "Both have to hold")
      for (const box of await page.getByRole("checkbox").all()) await box.check()
      assert.deepEqual(await violations(page), [])
      await button(page, "Replace the lost device").click()
      return scannedFrom(page)
    }
    await find()
    const other = await open(await replace(), PHONE)
    await typeDigits(page, await joinAsNew(other))
    await agree(other.page)
    await said(other.page, "This device counts only 72 hours after")
    await said(page, "Another device takes the place of the lost one")
    assert.deepEqual(await violations(page), [])
    await other.context.close()

    const { page: old } = phone
    await old.reload()
    await button(old, "Unlock").click()
    await said(old, "City Hospital is replacing this device")
    assert.deepEqual(await violations(old), [])
    await button(old, "Take it back, keep this device").click()
    await button(old.getByRole("dialog"), "Take it back, keep this device").click()
    await said(old, "Taken back. This device counts on at City Hospital.")
    await allOf(old, 2)

    await find()
    await said(page, "A device of this person has joined.")
    // Another one, which the desk itself takes back.
    const device = await PatientEnrolment.meet(readEnrolmentLink(await replace()).invitation)
    await typeDigits(page, await device.begin())
    await device.confirmed()
    await device.enrol(randomBytes(32))
    await said(page, "Another device takes the place of the lost one")
    await button(page, "Take it back").click()
    await button(page.getByRole("dialog"), "Take it back").click()
    await said(page, "The new device was taken back.")
    await said(page, "A device of this person has joined.")
  })
})

describe("an administrator", () => {
  let admin: Opened
  before(async () => {
    admin = await at(CITY, "city-admin")
  })
  after(async () => {
    assert.deepEqual(admin.faults, [])
    await admin.context.close()
  })
  const person = async (name: string) => {
    await link(admin.page, "Staff").click()
    await admin.page.getByRole("link", { name: new RegExp(`^${name} `) }).click()
    await admin.page.getByRole("heading", { name, exact: true }).waitFor()
  }
  /** The invitation that the page shows. */
  const invitation = async () => {
    const scanned = await scannedFrom(admin.page)
    assert.equal(await admin.page.locator("main .link").textContent(), scanned)
    return scanned
  }
  const invited = async () => open(await invitation())

  it("invites a doctor, who joins on a device of their own and works at once", async () => {
    const { page } = admin
    await link(page, "Staff").click()
    await link(page, "Invite somebody").click()
    await page.getByLabel("Name to sign in with").fill("city-doctor")
    await button(page, "Make the invitation").click()
    await said(page, "is taken already")
    await page.getByLabel("Name to sign in with").fill("dr-lin")
    await page.getByLabel("Role").selectOption("doctor")
    await button(page, "Make the invitation").click()
    const scanned = await invitation()
    const doctor = await open(scanned)
    assert.deepEqual(await violations(page), [])
    const digits = await joinAsStaff(doctor)
    assert.deepEqual(await violations(doctor.page), [])
    assert.equal(doctor.page.url().includes("join="), false, "the code stays in no address")
    const thief = await open(scanned)
    await button(thief.page, "Next").click()
    await button(thief.page, "Use a passphrase instead").click()
    await thief.page.getByLabel("Passphrase", { exact: true }).fill("four plain words here")
    await thief.page.getByLabel("The same passphrase again").fill("four plain words here")
    await button(thief.page, "Protect it").click()
    await said(thief.page, "This code was used already.")
    await thief.context.close()
    await typeDigits(page, digits)
    await said(page, "dr-lin works here from now on.")
    await said(doctor.page, "Yu Min Zhao")
    assert.equal(await link(doctor.page, "Staff").count(), 0)
    assert.equal(await link(doctor.page, "Desk").count(), 0)
    for (const [path, words] of [
      ["people", "This page is for administrators"],
      ["people/person/city-admin", "This page is for administrators"],
      ["desk", "This page is for the desk"],
      ["desk/new", "This page is for the desk"],
    ]) {
      await follow(doctor.page, path)
      await said(doctor.page, words)
    }
    assert.deepEqual(await violations(doctor.page), [])
    const other = staff("city-doctor", CITY)
    await assert.rejects(other.desk.standing("person-1"), { code: "not_permitted" })
    await assert.rejects(other.people.all(), { code: "not_permitted" })
    await link(page, "Open the page of dr-lin").click()

    // Another role: the page locks by itself, and shows it once they have unlocked again.
    await page.getByLabel("Role").selectOption("clerk")
    await button(page, "Change from now on").click()
    await said(page, "dr-lin is clerk at the desk from now on.")
    await said(doctor.page, /^What you may do here has been changed/)
    await said(doctor.page, "dr-lin, City Hospital")
    await button(doctor.page, "Unlock").click()
    await link(doctor.page, "Desk").waitFor()

    // A further device, and the first one is lost.
    await page.getByLabel("Another device: what it is called").fill("tablet")
    await button(page, "Invite the device").click()
    const tablet = await invited()
    await typeDigits(page, await joinAsStaff(tablet))
    await said(page, "A further device of dr-lin counts from now on.")
    await said(tablet.page, "Yu Min Zhao")
    await button(page, /^End this device.*device-1/).click()
    await button(page.getByRole("dialog"), "End this device").click()
    await said(page, "The device device-1 has ended.")
    assert.deepEqual(await violations(page), [])
    await said(doctor.page, /^Your access has ended/)
    await link(tablet.page, "Visitors").click()
    await link(tablet.page, "Patients").click()
    await said(tablet.page, "Yu Min Zhao")

    // Ended for good: the page locks by itself, and says why.
    await button(page, "End at once").click()
    await button(page.getByRole("dialog"), "End for good").click()
    await said(page, "dr-lin can do nothing here any more.")
    await said(tablet.page, /^Your access has ended/)
    await button(tablet.page, "Unlock").click()
    await said(tablet.page, "You do not work here now by this device")
    assert.deepEqual(await violations(tablet.page), [])
    await doctor.context.close()
    await tablet.context.close()
  })

  it("keeps an absence, in which nothing is done", async () => {
    const { page } = admin
    const seed = randomBytes(32)
    const bo = { name: "bo", key: publicKey(seed), isAdministrator: false, role: "nurse" }
    await staff("city-admin", CITY).people.add(bo)
    const nurse = new StaffClient(demo.network.node(CITY).services.config.url, seed)
    await nurse.patients()
    await person("bo")
    await page.getByLabel("Back on").fill("2020-01-01")
    await page.getByLabel("Back on").evaluate((field) => {
      ;(field as HTMLInputElement).min = ""
    })
    await button(page, "Keep the absence").click()
    await said(page, "The day of coming back has to be after today")
    await page.getByLabel("Back on").fill("2099-01-31")
    await button(page, "Keep the absence").click()
    await said(page, "bo is absent, and back on 31 Jan 2099.")
    await said(page, "absent until 31 Jan 2099")
    await assert.rejects(nurse.patients(), { code: "not_permitted" })
  })

  it("invites somebody until a day, whom nothing but an earlier end changes then", async () => {
    const { page } = admin
    await link(page, "Staff").click()
    await link(page, "Invite somebody").click()
    await page.getByLabel("Name to sign in with").fill("locum")
    await page.getByLabel("Last day").fill("2099-12-31")
    await button(page, "Make the invitation").click()
    const code = /#join=(.+)$/.exec(await invitation())?.[1] ?? ""
    const { url } = demo.network.node(CITY).services.config
    const device = await NewDevice.begin(url, code, randomBytes(32), demo.network.document.network)
    await typeDigits(page, device.digits)
    await said(page, "locum works here from now on.")
    await link(page, "Open the page of locum").click()
    await said(page, "until 1 Jan 2100")
    await said(page, "Their last day is set.")
    assert.equal(await button(page, "Change from now on").count(), 0)
    assert.equal(await button(page, "Invite the device").count(), 0)
    await page.getByLabel("Last day").fill("2099-06-30")
    await button(page, "Keep the last day").click()
    await said(page, "locum can do nothing here after 1 Jul 2099")
  })

  it("takes on another administrator with the yes of a second one", async () => {
    const { page } = admin
    Object.assign(demo.network.node(CITY).services.config, { twoAdministrators: true })
    await link(page, "Staff").click()
    await link(page, "Invite somebody").click()
    await page.getByLabel("Name to sign in with").fill("xu")
    await page.getByRole("checkbox", { name: /Administers/ }).check()
    await button(page, "Make the invitation").click()
    const xu = await invited()
    await typeDigits(page, await joinAsStaff(xu))
    await said(page, "It counts as soon as a second administrator agrees")
    await said(xu.page, "A second administrator has to agree before it counts")
    await button(xu.page, "Unlock").click()
    await said(xu.page, "You do not work here now by this device")
    await link(page, "Back to the staff").click()
    await said(page, "You asked for this. Somebody else has to agree")
    assert.equal(await button(page, /^Agree/).count(), 0)
    assert.deepEqual(await violations(page), [])

    const second = await at(CITY, "city-registrar")
    await link(second.page, "Staff").click()
    await button(second.page, /^Agree: xu comes as administrator/).click()
    await said(second.page, "Agreed: xu comes as administrator.")
    assert.deepEqual(await violations(second.page), [])
    await second.context.close()
    await button(xu.page, "Unlock").click()
    await link(xu.page, "Staff").waitFor()
    await xu.context.close()
  })
})

describe("each page of both", () => {
  it("reads well on a phone and on a desk, in both languages and themes", async () => {
    const { patients } = await staff("city-registrar", CITY).patients()
    const known = patients.find(({ hasKey }) => hasKey)?.alias ?? ""
    const fresh = patients.find(({ hasKey }) => !hasKey)?.alias ?? ""
    const paths = [
      ...["desk", "desk/new", `desk/person/${known}`, `desk/person/${fresh}`, "desk/person/nobody"],
      ...[
        "people",
        "people/invite",
        "people/person/bo",
        "people/person/locum",
        "people/person/dr-lin",
        "people/person/nobody",
      ],
    ]
    for (const looks of [
      { width: 360, height: 3000, language: "zh-CN", isDark: true },
      { width: 1440, height: 900, isDark: true },
      { width: 360, height: 3000 },
    ]) {
      const { page, context, faults } = await at(CITY, "city-registrar", looks)
      await page.locator("nav a").first().waitFor()
      const isChinese = looks.language !== undefined
      for (const path of paths) {
        await follow(page, path)
        await page.locator("h1").waitFor()
        if (path === `desk/person/${fresh}`) {
          await button(page, isChinese ? "让设备加入" : "Let a device join").click()
          await page.locator("svg.qr").waitFor()
        }
        assert.deepEqual(await violations(page), [], `${path} ${JSON.stringify(looks)}`)
        const wide = await page.evaluate(() => document.documentElement.scrollWidth)
        assert.ok(wide <= looks.width, `${path} is ${wide} wide`)
        if (isChinese) {
          assert.match((await page.locator("main").textContent()) ?? "", /\p{Script=Han}{2}/u, path)
        }
      }
      assert.deepEqual(faults, [])
      await context.close()
    }
  })
})
