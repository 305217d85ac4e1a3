import { NewDevice, PublicClient } from "@aceso/client"
import { genesisHash, PlatformError, randomBytes } from "@aceso/core"
import { keptSeed } from "../keeping.ts"
import type { KeptPerson, Secret } from "../protocol.ts"

/** What a device does before anybody has a secret on it. It forgets all of it when its page goes. */
export function deviceSession() {
  let seed: Uint8Array | undefined
  let pairing: NewDevice | undefined
  const mustBegin = (): Uint8Array => {
    if (!seed) throw new Error("a seed is made first")
    return seed
  }
  return {
    /** Makes a secret, and seals it at once: what is not kept can be lost with the page. */
    async make(secret: Secret, by: KeptPerson["by"]): Promise<Pick<KeptPerson, "wrapId" | "content">> {
      seed = randomBytes(32)
      return keptSeed(seed, secret, by)
    },
    /** The node whose page this is, as its ledger names it. @param url where the page was reached */
    async nodeHere(url: string) {
      const here = new PublicClient(url)
      const [{ member, network, isDemo }, { signed }, members] = await Promise.all([
        here.status(),
        here.genesis(),
        here.members(),
      ])
      const own = members.find((one) => one.member === member)
      if (!own) throw new PlatformError("unknown_member", `${member} is no member of ${network} yet`)
      const genesis = genesisHash(signed)
      return { member, name: own.name, network, node: own.url, genesis, isDemo: isDemo === true }
    },
    /** Comes to the desk with a code. @returns the digits that the person reads out */
    async pair(node: string, code: string, network: string) {
      pairing = await NewDevice.begin(node, code, mustBegin(), network)
      const { member, kind, expiresAt } = pairing.begun
      return { digits: pairing.digits, member, kind, expiresAt }
    },
    /** Resolves when they were typed there. @throws PlatformError `unknown_code` */
    async paired(): Promise<void> {
      await pairing?.confirmed()
    },
  }
}
export type DeviceSession = ReturnType<typeof deviceSession>
