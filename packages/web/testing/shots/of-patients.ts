import type { Page } from "playwright-core"
import { openPage } from "../browser.ts"
import { scannedFrom } from "../qr.ts"
import type { Picture } from "./picture.ts"
import type { Scene } from "./scene.ts"

const COUNTY = "County Hospital"
const PATIENT = "A patient"
const NEW = "A patient with a new device"
const PARENT = "Somebody who acts for a patient"

const at =
  (path: string, name = "patient-1") =>
  (scene: Scene) =>
    `${scene.app}#demo=${name}${path}`
const main = (page: Page) => page.locator("main .action.main").first()
const day = { moment: "day", who: PATIENT } as const

export const patientPictures: readonly Picture[] = [
  {
    ...day,
    name: "patient-records",
    title: "My records",
    what: "Shows the records of all hospitals as one timeline, each held against the ledger on this device.",
    way: "Records.",
    url: at("/records"),
    until: ".title",
  },
  {
    ...day,
    name: "patient-record",
    title: "One record",
    what: "Shows every element of a record, who vouches for it, how it changed, and who has read it.",
    way: "Records, then its title.",
    url: at("/records"),
    until: ".title",
    act: async (page) => {
      await page.getByRole("link", { name: "yellow fever", exact: true }).first().click()
      await page.locator(".back").first().waitFor()
    },
  },
  {
    ...day,
    name: "patient-values",
    title: "Values over time",
    what: "Plots each measured value with its reference range.",
    way: "Records, then Values over time.",
    url: at("/records/values"),
    until: "main svg",
  },
  {
    ...day,
    name: "patient-download",
    title: "Download everything",
    what: "Saves all records as one FHIR bundle or on paper.",
    way: "Records, then Download everything.",
    url: at("/records/download"),
  },
  {
    ...day,
    name: "patient-kept",
    title: "On this device",
    what: "Keeps records on the device, so that they can be read without a network.",
    way: "Records, then On this device.",
    url: at("/records/device"),
  },
  {
    ...day,
    name: "patient-requests",
    title: "Requests",
    what: "Shows who asks for what and why, to be narrowed, allowed or declined.",
    way: "Requests.",
    url: at("/requests"),
    until: ".request",
    act: async (page) => {
      await main(page).click()
      await page.locator(".request .decide").first().waitFor()
    },
  },
  {
    ...day,
    name: "patient-access",
    title: "Who may see what",
    what: "Lists every consent in force, where it holds, until when, and takes it back.",
    way: "Sharing.",
    url: at("/access"),
  },
  {
    ...day,
    name: "patient-grant",
    title: "Allow somebody",
    what: "Lets an organisation see records, in three steps.",
    way: "Sharing, then Allow somebody.",
    url: at("/access/new"),
    until: "main input[type=radio]",
  },
  {
    ...day,
    name: "patient-preview",
    title: "What a consent opens",
    what: "Says before anything is signed which of today's records a consent opens, and where.",
    way: "Sharing, Allow somebody, after the third step.",
    url: at("/access/new"),
    until: "main input[type=radio]",
    act: async (page) => {
      for (let step = 1; step <= 3; step++) {
        await page
          .locator("main .step")
          .filter({ hasText: String(step) })
          .waitFor()
        if (step === 1) await page.getByRole("radio", { name: COUNTY }).check()
        await main(page).click()
      }
      await page.locator("main h3").first().waitFor()
    },
  },
  {
    ...day,
    name: "patient-audit",
    title: "Who looked",
    what: "Names everybody who read, was refused or changed something, and says whether the list is complete.",
    way: "Who looked.",
    url: at("/audit"),
  },
  {
    ...day,
    name: "patient-card",
    title: "Card",
    what: "Shows a code that lets one organisation ask for a quarter of an hour; it opens nothing.",
    way: "Card.",
    url: at("/card"),
    act: async (page) => {
      await page.locator("main select").selectOption({ label: COUNTY })
      await main(page).click()
      await page.locator("svg.qr").waitFor()
    },
  },
  {
    ...day,
    name: "patient-inbox",
    title: "To do",
    what: "Lists what waits for the patient, what is due first before it.",
    way: "To do.",
    url: at("/inbox"),
  },
  {
    ...day,
    name: "patient-messages",
    title: "Messages",
    what: "Lists the questions and complaints of this patient, and how each stands.",
    way: "Messages.",
    url: at("/messages"),
  },
  {
    ...day,
    name: "patient-write",
    title: "Write a message",
    what: "Asks an organisation something.",
    way: "Messages, then Write.",
    url: at("/messages/write"),
    act: (page) => page.locator("textarea").fill("May I drive home after the examination on Friday?"),
  },
  {
    ...day,
    name: "patient-case",
    title: "One question",
    what: "Shows all that was written, each text held against the ledger, and what can be done next.",
    way: "Messages, then one of them.",
    url: (scene) => at(`/messages/${scene.question}`)(scene),
  },
  {
    ...day,
    name: "patient-library",
    title: "Library",
    what: "Lists what organisations have published for everybody.",
    way: "Library.",
    url: at("/library"),
  },
  {
    ...day,
    name: "patient-text",
    title: "One publication",
    what: "Shows a text that is what its organisation published, in the newest version.",
    way: "Library, then one of them.",
    url: at("/library/city-hospital/inr-clinic"),
  },
  {
    ...day,
    name: "patient-delegates",
    title: "Who acts for me",
    what: "Lists who acts for the patient, at which hospital and until when, and invites or ends them.",
    way: "Sharing, then Who acts for me.",
    url: at("/delegates"),
  },
  {
    ...day,
    name: "patient-notices",
    title: "Notices",
    what: "Lets this device be told at once when somebody asks or reads.",
    way: "Requests, then the link at the top.",
    url: at("/notices"),
  },
  {
    ...day,
    name: "patient-devices",
    title: "Devices",
    what: "Adds another device of the same person, and says which ways back there are.",
    way: "Devices.",
    url: at("/devices"),
    act: async (page) => {
      await main(page).click()
      await page.locator("svg.qr").waitFor()
    },
  },
  {
    ...day,
    name: "patient-enrol",
    who: NEW,
    title: "A hospital is joined",
    what: "Says which hospital it is, as the ledger names it, before a key is made on this device.",
    way: "Scan the code that the hospital's desk shows.",
    async url(scene, browser) {
      const desk = `${scene.portal("city-hospital")}#demo=city-registrar/desk/person/${scene.newcomer}`
      const { page, context } = await openPage(browser, desk)
      await main(page).click()
      const link = await scannedFrom(page)
      await context.close()
      return link
    },
    until: ".organisation",
  },
  {
    ...day,
    name: "patient-nobody",
    who: NEW,
    title: "Nobody is here yet",
    what: "Says what a patient needs to begin, and leads back whoever has lost a device.",
    way: "Open the app where nobody has joined.",
    url: (scene) => scene.app,
    until: ".nobody",
  },
  {
    ...day,
    name: "patient-restore",
    who: NEW,
    title: "The way back",
    what: "Finds the patient's records again by the recovery code on paper.",
    way: "Open the app where nobody has joined, then I have a recovery code.",
    url: (scene) => scene.app,
    until: ".nobody",
    act: async (page) => {
      await page.locator(".ways .action").first().click()
      await page.getByRole("textbox").waitFor()
    },
  },
  {
    ...day,
    name: "parent-records",
    who: PARENT,
    title: "Records of a child",
    what: "Shows a parent the records of a child, and says all the time for whom they act.",
    way: "Choose the child at the top of the page.",
    url: at("/records", "parent"),
    until: ".title",
  },
  {
    name: "patient-lie",
    moment: "lie",
    who: PATIENT,
    title: "A lie is found",
    what: "Names the record that is not what its hospital committed to, and strikes it out.",
    way: "Records, after somebody changed a value in a hospital's vault.",
    url: at("/records"),
    until: ".title",
  },
]
