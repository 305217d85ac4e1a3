import type { Bytes, GenesisDocument } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { readSecret } from "../node/config.ts"
import { newPushSecret } from "../push/vapid.ts"
import { layout, syncFolder, writeSecret } from "./layout.ts"

/**
 * The key by which push services know the app's operator, made when its node first starts: whoever loses it loses every
 * device that wanted notices, until that device is used again.
 * @returns undefined: this member does not serve the app
 * @throws PlatformError `bad_secret`
 */
export function pushKeyIn(
  folder: string,
  member: string,
  { app }: Pick<GenesisDocument, "app">,
): Bytes | undefined {
  if (app?.operator !== member) return undefined
  const { secrets, pushKey } = layout(folder)
  if (!isThere(pushKey)) {
    writeSecret(pushKey, newPushSecret())
    syncFolder(secrets)
  }
  return readSecret(pushKey)
}
