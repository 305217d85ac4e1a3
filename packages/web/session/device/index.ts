import {
  type KeptPlaces,
  knownSecret,
  mergedPlaces,
  NewDevice,
  NO_PLACES,
  PatientEnrolment,
  PublicClient,
  prfKey,
  SecondDevice,
  sealedPlaces,
} from "@aceso/client"
import {
  genesisHash,
  isSamePlace,
  newRecoveryCode,
  PlatformError,
  randomBytes,
  readDeviceLink,
  readEnrolmentLink,
  readRecoveryCode,
  recoveryOf,
  wrappedId,
} from "@aceso/core"
import { visible } from "@aceso/core/display/visible.ts"
import { acceptedInvitation, readInvitation } from "../invitations.ts"
import { keptSeed, openedSeed } from "../keeping.ts"
import { operatorAt, operatorOf } from "../operator.ts"
import { knownPlaces } from "../patient/places.ts"
import type { KeptPerson, Secret } from "../protocol.ts"

type Sealed = Pick<KeptPerson, "wrapId" | "content">
type PersonTold = Awaited<ReturnType<PatientEnrolment["person"]>>

/** What a device does before anybody has a secret on it. It forgets all of it when its page goes. */
export function deviceSession() {
  let seed: Uint8Array | undefined
  /** Of that seed, as this device knows it. */
  let here: KeptPlaces = NO_PLACES
  let pairing: NewDevice | undefined
  let enrolment: PatientEnrolment | undefined
  let second: SecondDevice | undefined
  const mustHave = (): Uint8Array => {
    if (!seed) throw new Error("a seed is made first")
    return seed
  }
  const mustEnrol = (): PatientEnrolment => {
    if (!enrolment) throw new Error("whom to join is looked at first")
    return enrolment
  }
  /** Whether the lost device, in whose place another one comes, has the secret of this one. */
  const isKnown = async (told: PersonTold): Promise<boolean> => {
    if (told.action !== "rekey") return false
    const isEarlier = here.places.some((one) => isSamePlace(one, told) && one.keyNumber < told.keyNumber)
    return isEarlier || mustEnrol().isKnownTo(mustHave())
  }
  const otherNames = async (app: string, told: PersonTold): Promise<string[]> => {
    const members = await new PublicClient(app).members().catch(() => [])
    return here.places
      .filter((one) => !isSamePlace(one, told))
      .map(({ custodian }) => visible(members.find(({ member }) => member === custodian)?.name ?? custodian))
  }
  return {
    /** Makes a secret, and seals it at once: what is not kept can be lost with the page. */
    async make(secret: Secret, by: KeptPerson["by"]): Promise<Sealed> {
      seed = randomBytes(32)
      here = NO_PLACES
      return keptSeed(seed, secret, by)
    },
    /** Somebody who is on this device already joins one more. @throws PlatformError `wrong_secret` */
    async unlock(person: KeptPerson, secret: Secret): Promise<void> {
      seed = await openedSeed(person, secret)
      here = (await knownPlaces(person, seed)).kept
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
      return { member, name: visible(own.name), network, node: own.url, genesis, isDemo: isDemo === true }
    },
    /** Comes to the desk with a code. @returns the digits that the person reads out */
    async pair(node: string, code: string, network: string) {
      pairing = await NewDevice.begin(node, code, mustHave(), network)
      const { member, kind, expiresAt } = pairing.begun
      return { digits: pairing.digits, member, kind, expiresAt }
    },
    /** Resolves when they were typed there. @throws PlatformError `unknown_code` */
    async paired(): Promise<void> {
      await pairing?.confirmed()
    },

    /** Whom a scanned link leads to, held against the ledger; nothing is used up. @param link behind `#enrol=` */
    async meet(app: string, link: string) {
      const { invitation } = readEnrolmentLink(`${app}/#enrol=${link}`)
      // What this origin serves as the genesis is what the device goes by.
      const { signed } = await new PublicClient(app).genesis()
      enrolment = await PatientEnrolment.meet(invitation, signed)
      const { custodian, name, kind } = enrolment.joining
      return { custodian, name: visible(name), kind, genesis: genesisHash(signed) }
    },
    beginEnrolment: (): Promise<string> => mustEnrol().begin(),
    /**
     * Resolves with whom the desk says that this is.
     * @returns `mustBeNew`: the lost device has the secret of this one, so that another has to be made; `others`: where
     *   that secret is known besides, by name
     * @throws PlatformError `unknown_code`
     */
    async enrolmentConfirmed(app: string) {
      await mustEnrol().confirmed()
      const told = await mustEnrol().person()
      const { name, birthDate } = told
      const mustBeNew = await isKnown(told)
      return { name, birthDate, mustBeNew, others: mustBeNew ? await otherNames(app, told) : [] }
    },
    /**
     * Before anything is signed: there is room with the app's operator, and the seed lies there.
     * @param sealed by which a synced passkey finds the seed again; absent: by none
     * @returns the places as this device keeps them from now on, with the one that is about to be joined
     * @throws PlatformError `store_full`, `node_unreachable`
     */
    async prepare(app: string, sealed?: { readonly by: KeptPerson["by"]; readonly secret: Secret }) {
      const own = mustHave()
      const told = await mustEnrol().person()
      const place = mustEnrol().placeOf(told)
      if (await isKnown(told)) throw knownSecret()
      const kept = operatorOf(app, mustEnrol().genesis).store
      here = await kept.change(own, (found) => found, here)
      if (sealed?.by.what === "passkey" && "prf" in sealed.secret)
        here = await kept.keepWay(
          own,
          { id: wrappedId("passkey", sealed.by.credentialId), key: prfKey(sealed.secret.prf) },
          here,
        )
      return sealedPlaces(own, mergedPlaces(here, { places: [place] }))
    },
    /** Signs, or finds what was signed before a fault. @returns the places as this device keeps them */
    async enrol() {
      const own = mustHave()
      here = mergedPlaces(here, { places: [await mustEnrol().enrol(own)] })
      return sealedPlaces(own, here)
    },
    /** After a fault: the ledger may have the key even so. */
    mayBeThere: (): boolean => mustEnrol().mayBeThere,
    /** What this device knows comes to the app's operator; where that fails, at the next unlocking. */
    async bring(app: string): Promise<void> {
      const { store } = operatorOf(app, mustEnrol().genesis)
      here = await store.change(mustHave(), (found) => found, here)
    },
    /** A new printed way back; what was printed before stays good. */
    async recoveryCode(app: string): Promise<string> {
      const { store } = await operatorAt(app)
      const code = newRecoveryCode()
      here = await store.keepWay(mustHave(), recoveryOf(code), here)
      return code
    },
    /**
     * Finds the seed again, by the printed code or by a passkey.
     * @returns the network, and the places as this device keeps them
     * @throws PlatformError `mistyped_code`; `code_not_kept`, `passkey_not_kept`: it may be another one; `wrong_secret`, `node_unreachable`
     */
    async restore(
      app: string,
      by: { readonly code: string } | { readonly credentialId: Uint8Array; readonly prf: Uint8Array },
    ) {
      const { store, genesis } = await operatorAt(app)
      if ("code" in by) {
        const code = readRecoveryCode(by.code)
        if (code === undefined)
          throw new PlatformError("mistyped_code", "this is no recovery code: its check digits do not fit")
        const { id, key } = recoveryOf(code)
        seed = await store.seed(id, key).catch(notKept("code_not_kept"))
      } else
        seed = await store
          .seed(wrappedId("passkey", by.credentialId), prfKey(by.prf))
          .catch(notKept("passkey_not_kept"))
      here = await store.believed(seed, NO_PLACES)
      if (here.places.length === 0 && (await store.places(seed)).places.length > 0)
        throw new PlatformError(
          "node_unreachable",
          "your secret was found, and no organisation where you are known can be reached now to prove where it is; try again later",
        )
      return {
        genesis,
        places: await sealedPlaces(seed, here),
        custodians: here.places.map(({ custodian }) => custodian),
      }
    },
    /**
     * Comes to a device of the same person that shows a code. @param link behind `#device=`
     * @returns the digits that the person types there
     * @throws PlatformError `bad_link`, `wrong_network`, `unknown_code`, `code_used`, `bad_pairing`
     */
    async meetDevice(app: string, link: string): Promise<string> {
      const { offer } = readDeviceLink(`${app}/#device=${link}`)
      const { origin, genesis } = await operatorAt(app)
      second = await SecondDevice.begin({ url: app, origin }, offer, genesis)
      return second.digits
    },
    /** Resolves when they were typed there. @returns as `restore` @throws PlatformError `unknown_code`, `bad_pairing` */
    async deviceGiven(app: string) {
      if (!second) throw new Error("the other device is met first")
      const gift = await second.given()
      const { signed } = await new PublicClient(app).genesis()
      seed = gift.seed
      here = gift.kept
      return {
        genesis: genesisHash(signed),
        places: await sealedPlaces(seed, gift.kept),
        custodians: gift.kept.places.map(({ custodian }) => custodian),
      }
    },
    /** Tells the other device that it is done. */
    async deviceKept(): Promise<void> {
      await second?.keeps()
    },

    /** An invitation to act for somebody; nothing is used up. */
    async readInvitation(app: string, text: string) {
      const { invitation, where, signed } = await readInvitation(app, text)
      const genesis = genesisHash(signed)
      return { person: invitation.person, where, scope: invitation.opening.scope, genesis }
    },
    /** @returns what is given back, what both screens show, and the places as this device keeps them */
    async acceptInvitation(app: string, text: string) {
      const { answer, code, kept } = await acceptedInvitation(app, mustHave(), text, here)
      here = kept
      return { answer, code, places: await sealedPlaces(mustHave(), kept) }
    },

    /** Seals the seed that was found again for this device. */
    async protect(app: string, secret: Secret, by: KeptPerson["by"]): Promise<Sealed> {
      const sealed = await keptSeed(mustHave(), secret, by)
      if (by.what === "passkey" && "prf" in secret) {
        const { store } = await operatorAt(app)
        here = await store.keepWay(mustHave(), { id: sealed.wrapId, key: prfKey(secret.prf) }, here)
      }
      return sealed
    },
  }
}
export type DeviceSession = ReturnType<typeof deviceSession>

/** Nothing that the operator has is not a code that has died. */
const notKept =
  (code: "code_not_kept" | "passkey_not_kept") =>
  (cause: unknown): never => {
    if (!(cause instanceof PlatformError) || cause.code !== "unknown_code") throw cause
    throw new PlatformError(code, "the app's operator keeps nothing by this", { cause })
  }
