import { opened, passphraseKey, prfKey, sealed } from "@aceso/client"
import { randomBytes, wrappedId } from "@aceso/core"
import type { KeptPerson, Secret } from "./protocol.ts"

/** How somebody unlocks, as it is kept. */
export type By = KeptPerson["by"]

async function keyOf(secret: Secret, by: By): Promise<Uint8Array> {
  if ("prf" in secret) return prfKey(secret.prf)
  if (by.what !== "passphrase") throw new Error("a passkey opens this")
  const { stretched } = await import("./stretch.ts")
  return passphraseKey(await stretched(secret.passphrase, by.salt))
}

/** A seed as this device keeps it. */
export async function keptSeed(
  seed: Uint8Array,
  secret: Secret,
  by: By,
): Promise<Pick<KeptPerson, "wrapId" | "content">> {
  const wrapId =
    by.what === "passkey" ? wrappedId("passkey", by.credentialId) : wrappedId("random", randomBytes(32))
  return { wrapId, content: await sealed(await keyOf(secret, by), wrapId, seed) }
}

/** @throws PlatformError `wrong_secret` */
export const openedSeed = async (
  { by, wrapId, content }: Pick<KeptPerson, "by" | "wrapId" | "content">,
  secret: Secret,
): Promise<Uint8Array> => opened(await keyOf(secret, by), wrapId, content)
