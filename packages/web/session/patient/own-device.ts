import { FirstDevice, type KeptPlaces, sealedPlaces, withoutDelegation } from "@aceso/client"
import { deviceLink, PlatformError } from "@aceso/core"
import { acceptedInvitation, readInvitation } from "../invitations.ts"
import { operatorAt } from "../operator.ts"
import type { ActsFor } from "../protocol.ts"
import { actsAs, actsForOf } from "./acts.ts"

/** Whoever holds this device, whomever they act for just now. */
export interface OwnParts {
  readonly seed: Uint8Array
  readonly held: { kept: KeptPlaces }
}

/** Another device of the same person, and invitations to act for somebody. */
export function ownDeviceCalls({ seed, held }: OwnParts) {
  let first: FirstDevice | undefined
  const must = (): FirstDevice => {
    if (!first) throw new PlatformError("unknown_code", "no code is shown; show one first")
    return first
  }
  /** Both are kept: here until the page goes, sealed by the page from then on. */
  const keeping = async (kept: KeptPlaces) => {
    held.kept = kept
    return { actsFor: actsForOf(held.kept), places: await sealedPlaces(seed, held.kept) }
  }
  return {
    /** A code for another device; an earlier one dies. @param app where the app is reached */
    async offerDevice(app: string) {
      await first?.close().catch(() => {})
      const { origin, genesis } = await operatorAt(app)
      first = await FirstDevice.open({ url: app, origin }, genesis)
      return { link: deviceLink(app, first.offer), expiresAt: first.expiresAt }
    },
    /** Resolves when a device has come. @throws PlatformError `unknown_code`, `bad_pairing` */
    deviceMet: (): Promise<void> => must().met(),
    /** One try. @throws PlatformError `digits_differ`, `no_device_yet`, `code_used` */
    giveDevice: (digits: string): Promise<void> => must().give(digits, { seed, kept: held.kept }),
    /** Resolves when the other device keeps what it got. @throws PlatformError `unknown_code` */
    deviceDone: (): Promise<void> => must().done(),
    async closeOffer(): Promise<void> {
      await first?.close()
      first = undefined
    },

    /** For whom this device acts, also as another one of the same person has it. */
    async actsFor(app: string): Promise<readonly ActsFor[]> {
      const { store } = await operatorAt(app)
      held.kept = await store.believed(seed, held.kept)
      return actsForOf(held.kept)
    },
    async readInvitation(app: string, text: string) {
      const { invitation, where } = await readInvitation(app, text)
      return { person: invitation.person, where, scope: invitation.opening.scope }
    },
    async acceptInvitation(app: string, text: string) {
      const { answer, code, kept } = await acceptedInvitation(app, seed, text, held.kept)
      return { answer, code, ...(await keeping(kept)) }
    },
    /** What has ended leaves the list. @param name of ActsFor */
    async forgetActing(app: string, name: string) {
      const one = held.kept.delegations?.find((found) => actsAs(found) === name)
      if (!one) return keeping(held.kept)
      const { store } = await operatorAt(app)
      held.kept = withoutDelegation(held.kept, one)
      return keeping(await store.change(seed, (kept) => withoutDelegation(kept, one), held.kept))
    },
  }
}
