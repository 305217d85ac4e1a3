import type { Page } from "playwright-core"
import { addAuthenticator } from "./authenticator.ts"
import type { Opened } from "./browser.ts"

/** What somebody does with a new device, as far as the digits that they read out. */

/** A device shows them. */
export async function digitsOn(page: Page): Promise<string> {
  const shown = page.locator("output.code")
  await shown.waitFor()
  return ((await shown.textContent()) ?? "").trim()
}

/** A patient's first device: a passkey. */
export async function joinAsNew({ page, context }: Opened): Promise<string> {
  await addAuthenticator(context, page)
  await page.getByRole("button", { name: "That is right, go on" }).click()
  await page.getByRole("button", { name: "Protect it with a passkey" }).click()
  return digitsOn(page)
}

/** Whoever was invited to work somewhere opens the link. */
export async function joinAsStaff({ page, context }: Opened): Promise<string> {
  await addAuthenticator(context, page)
  await page.getByRole("button", { name: "Next" }).click()
  await page.getByRole("button", { name: "Protect it with a passkey" }).click()
  return digitsOn(page)
}

/** The person says who they are, and keeps the way back. */
export async function agree(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Yes, this is me" }).click()
  await page.getByRole("heading", { name: "Recovery code" }).waitFor()
  const groups = await page.locator(".groups li").allTextContents()
  await page.getByRole("button", { name: "I have it on paper" }).click()
  const asked = Number(/group (\d)/.exec((await page.locator("form label").textContent()) ?? "")?.[1])
  await page.getByRole("textbox").fill(groups[asked - 1])
  await page.getByRole("button", { name: "Check" }).click()
}

/** The desk, or an administrator, types what a device shows. */
export async function typeDigits(page: Page, digits: string): Promise<void> {
  await page.getByLabel("The six digits that it shows").fill(`${digits.slice(0, 3)} ${digits.slice(3)}`)
  await page.getByRole("button", { name: "These are its digits" }).click()
}
export const otherDigits = (digits: string): string =>
  String((Number(digits) + 1) % 1_000_000).padStart(6, "0")
