import { AppStore, PublicClient } from "@aceso/client"
import { layout, readJson, secretAt } from "@aceso/consortium/files.ts"
import { fromHex, newRecoveryCode, recoveryOf } from "@aceso/core"
import type { Page } from "playwright-core"

interface PersonFile {
  readonly places: readonly {
    readonly custodian: string
    readonly handle: string
    readonly keyNumber: number
    readonly url: string
  }[]
}

/** What somebody of a demo would have on paper: by it the app finds that person's records on a device. @param app its origin */
export async function wayBack(folder: string, who: string, app: string): Promise<string> {
  const { places } = readJson(layout(folder).person(who)) as PersonFile
  const own = secretAt(layout(folder).patientSeed(who))
  const code = newRecoveryCode()
  const { id, key } = recoveryOf(code)
  const { document } = await new PublicClient(app).genesis()
  const store = new AppStore(app, document.app?.origins[0] ?? "")
  await store.keepSeed(own, id, key)
  for (const { custodian, handle, keyNumber, url } of places)
    await store.addPlace(own, { custodian, handle: fromHex(handle), keyNumber, url })
  return code
}

export const PASSPHRASE = "four plain words here"

/** By the code, on a page of the app where nobody is. */
export async function comeBack(page: Page, code: string): Promise<void> {
  await page.getByRole("button", { name: "I have a recovery code" }).click()
  await page.getByRole("textbox").fill(code)
  await page.getByRole("button", { name: "Find my records" }).click()
  const instead = page.getByRole("button", { name: "Use a passphrase instead" })
  await instead.click()
  await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE)
  await page.getByLabel("The same passphrase again").fill(PASSPHRASE)
  await page.getByRole("button", { name: "Protect it" }).click()
}

/** Whoever is kept on this device already. */
export async function unlock(page: Page): Promise<void> {
  await page.getByLabel("Passphrase").fill(PASSPHRASE)
  await page.getByRole("button", { name: "Unlock" }).click()
}
