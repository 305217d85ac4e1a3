import type { Page } from "playwright-core"
import { openPage } from "../browser.ts"
import { scannedFrom } from "../qr.ts"
import { inPortal, type Picture } from "./picture.ts"

const DOCTOR = "A doctor"
const CLERK = "A clerk at the desk"
const ADMINISTRATOR = "An administrator"
const INSURER = "An insurer's claims officer"
const OFFICER = "A visa officer"
const CITY = "city-hospital"

const main = (page: Page) => page.locator("main .action.main").first()
/** Somebody is invited, and the page shows the code. */
async function invite(page: Page, name: string): Promise<void> {
  await page.locator("main form input").first().fill(name)
  await main(page).click()
  await page.locator("svg.qr").waitFor()
}
const clerk = { moment: "day", who: CLERK } as const
const administrator = { moment: "day", who: ADMINISTRATOR } as const
const doctor = { moment: "day", who: DOCTOR } as const

export const staffPictures: readonly Picture[] = [
  {
    ...doctor,
    name: "doctor-patients",
    title: "Patients",
    what: "Finds the hospital's own patients by name, birth date or record number.",
    way: "Patients.",
    url: inPortal(CITY, "city-doctor", "/patients"),
    until: "a.one",
  },
  {
    ...doctor,
    name: "doctor-history",
    title: "History",
    what: "Shows allergies, blood thinners and active problems first, then one timeline.",
    way: "Patients, then one of them.",
    url: inPortal(CITY, "city-doctor", "/history/patient-1"),
    until: "button.title",
  },
  {
    ...doctor,
    name: "doctor-record",
    title: "One record",
    what: "Shows every element of a record, who vouches for it and how it changed.",
    way: "A history, then the title of a record.",
    url: inPortal(CITY, "city-doctor", "/history/patient-1"),
    until: "button.title",
    act: async (page) => {
      await page.locator("ol.rows button.title, button.title").first().click()
      await page.locator("dialog[open] dt, dialog[open] table").first().waitFor()
    },
  },
  {
    ...doctor,
    name: "doctor-write",
    title: "Write",
    what: "Writes a note or a result, which is on the ledger a moment later.",
    way: "A history of an own patient, then Write.",
    url: inPortal(CITY, "city-doctor", "/write/patient-1"),
    until: "main form",
  },
  {
    ...doctor,
    name: "doctor-visitors",
    title: "Visitors",
    what: "Lists people whose records lie elsewhere and who showed a card here.",
    way: "Visitors.",
    url: inPortal("county-hospital", "county-doctor", "/visitors"),
    until: "a.one",
  },
  {
    ...doctor,
    name: "doctor-card",
    title: "Scan a card",
    what: "Reads the card that a patient shows, and asks every hospital on it.",
    way: "Visitors, then Scan a card.",
    url: inPortal("county-hospital", "county-doctor", "/card"),
  },
  {
    ...doctor,
    moment: "lie",
    name: "doctor-lie",
    title: "A lie is struck out",
    what: "Strikes out the record that is not what its hospital committed to, and keeps the evidence.",
    way: "Visitors, then one of them, after somebody changed a value in a hospital's vault.",
    url: inPortal("county-hospital", "county-doctor", "/history/visitor-1"),
    until: ".lies",
    isScrolled: true,
    act: async (page) => {
      await page.locator("main s, main del").first().scrollIntoViewIfNeeded()
    },
  },
  {
    ...clerk,
    name: "clerk-desk",
    title: "Desk",
    what: "Finds who is registered here, or leads on to somebody new.",
    way: "Desk.",
    url: inPortal(CITY, "city-registrar", "/desk"),
  },
  {
    ...clerk,
    name: "clerk-register",
    title: "Register somebody new",
    what: "Registers a person with the document that was checked, and first says who here may be the same.",
    way: "Desk, then Register somebody new.",
    url: inPortal(CITY, "city-registrar", "/desk/new"),
    until: "main form",
  },
  {
    ...clerk,
    name: "clerk-enrol",
    title: "A device joins",
    what: "Shows the code for the patient's own device, and asks for the six digits that it shows.",
    way: "Desk, a person without a device, then Let a device join.",
    url: (scene) => inPortal(CITY, "city-registrar", `/desk/person/${scene.newcomer}`)(scene),
    until: "main .action.main",
    act: async (page) => {
      await main(page).click()
      await page.locator("svg.qr").waitFor()
    },
  },
  {
    ...clerk,
    name: "clerk-lost",
    title: "A device is lost",
    what: "Says whether a person has a device, and replaces a lost one after 72 hours.",
    way: "Desk, then a person with a device.",
    url: inPortal(CITY, "city-registrar", "/desk/person/patient-1"),
    act: async (page) => {
      await page.locator("main details summary").first().click()
    },
  },
  {
    ...clerk,
    name: "clerk-inbox",
    title: "Inbox",
    what: "Lists what waits for this hospital, what is due first before it.",
    way: "Inbox.",
    url: inPortal(CITY, "city-registrar", "/inbox"),
  },
  {
    ...clerk,
    name: "clerk-case",
    title: "A patient's question",
    what: "Shows what the patient asked, and answers it.",
    way: "Inbox, then one of them.",
    url: (scene) => inPortal(CITY, "city-registrar", `/messages/${scene.waiting}`)(scene),
  },
  {
    ...administrator,
    name: "admin-people",
    title: "Staff",
    what: "Lists who works here and with which rights; what hurts waits for a second administrator.",
    way: "Staff.",
    url: inPortal(CITY, "city-registrar", "/people"),
    until: ".waiting",
  },
  {
    ...administrator,
    name: "admin-person",
    title: "One person",
    what: "Changes a role or rights, adds and ends devices, and notes absence or leaving.",
    way: "Staff, then one of them.",
    url: inPortal(CITY, "city-admin", "/people/person/city-doctor"),
  },
  {
    ...administrator,
    name: "admin-invite",
    title: "An invitation",
    what: "Shows the code for somebody who begins here, and asks for the six digits of their device.",
    way: "Staff, then Invite somebody.",
    url: inPortal(CITY, "city-admin", "/people/invite"),
    until: "main form",
    act: (page) => invite(page, "dr-lin"),
  },
  {
    ...administrator,
    name: "admin-join",
    title: "Who was invited joins",
    what: "Makes a key on the new person's own device, protected by a passkey or a passphrase.",
    way: "Open the link of the invitation on the own device.",
    async url(scene, browser) {
      const { page, context } = await openPage(browser, inPortal(CITY, "city-admin", "/people/invite")(scene))
      await page.locator("main form").waitFor()
      await invite(page, "dr-lin")
      const link = await scannedFrom(page)
      await context.close()
      return link
    },
  },
  {
    ...administrator,
    name: "admin-library",
    title: "Library",
    what: "Lists what is published for everybody; an administrator adds to it.",
    way: "Library.",
    url: inPortal(CITY, "city-admin", "/library"),
  },
  {
    ...administrator,
    name: "admin-publish",
    title: "Publish",
    what: "Publishes a text for everybody, or a newer version of one.",
    way: "Library, then Publish.",
    url: inPortal(CITY, "city-admin", "/library/publish?slug=warfarin"),
  },
  {
    name: "insurer-visitors",
    moment: "day",
    who: INSURER,
    title: "Visitors",
    what: "Lists whose consents the insurer has.",
    way: "Visitors.",
    url: inPortal("insurer", "insurer", "/visitors"),
    until: "a.one",
  },
  {
    name: "insurer-history",
    moment: "day",
    who: INSURER,
    title: "What was permitted for payment",
    what: "Shows claims and visits that the patient permitted, and of all else only that it is withheld.",
    way: "Visitors, then one of them.",
    url: inPortal("insurer", "insurer", "/history/visitor-1"),
    until: "button.title",
  },
  {
    name: "visa-visitors",
    moment: "day",
    who: OFFICER,
    title: "Shown to us",
    what: "Lists who has shown something to the office.",
    way: "Shown to us.",
    url: inPortal("visa-office", "visa-officer", "/visitors"),
    until: "a.one",
  },
  {
    name: "visa-history",
    moment: "day",
    who: OFFICER,
    title: "One vaccination",
    what: "Shows the one record that was shown, as the ledger has it, and that nothing else is open.",
    way: "Shown to us, then one of them.",
    url: inPortal("visa-office", "visa-officer", "/history/visitor-1"),
    until: "button.title",
  },
]
