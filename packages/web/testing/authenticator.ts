import type { BrowserContext, Page } from "playwright-core"

/** A device's own authenticator with PRF, as a phone has one: whoever asks is let through (Chrome DevTools Protocol, WebAuthn). */
export async function addAuthenticator(
  context: BrowserContext,
  page: Page,
  { hasPrf = true } = {},
): Promise<void> {
  const devtools = await context.newCDPSession(page)
  await devtools.send("WebAuthn.enable")
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      hasPrf,
      automaticPresenceSimulation: true,
    },
  })
}
