import type { CheckedDocument, PersonToRegister, RegisterAnswer, StaffClient } from "@aceso/client"
import { PublicClient } from "@aceso/client/public-client.ts"
import { enrolmentLink, nullable, object, PlatformError, text } from "@aceso/core"
import { type PatientShown, shownPatient } from "./patients.ts"

export type NewPerson = PersonToRegister
export type Checked = CheckedDocument

/** What became of a person who was to be registered; `alias` null: nothing was stored. */
export interface RegisteredShown {
  readonly alias: string | null
  readonly alike: readonly { readonly patient: PatientShown; readonly reasons: readonly string[] }[]
}

/** What the patient's device scans, and what the digits are typed for. */
export interface EnrolmentOpened {
  readonly code: string
  readonly link: string
  /** ms */
  readonly expiresAt: number
}

const demoApp = object({ app: nullable(text(300)) })

/** Where the patients' app is. @throws PlatformError `not_found` */
async function appAt(url: string): Promise<string> {
  const node = new PublicClient(url)
  const [{ isDemo }, { document }] = await Promise.all([node.status(), node.genesis()])
  const [origin] = document.app?.origins ?? []
  // A demo is wherever its machine has room, which the page's own origin knows.
  const here = isDemo ? demoApp.parse(await (await fetch("/demo/app")).json(), "app", "json").app : null
  const found = here ?? origin
  if (found !== undefined) return found
  throw new PlatformError(
    "not_found",
    "this network has no app for patients: its genesis names none; aceso enrol writes a file for aceso join-patient",
  )
}

const shownRegistered = ({ registered, alike }: RegisterAnswer): RegisteredShown => ({
  alias: registered?.alias ?? null,
  alike: alike.map(({ patient, reasons }) => ({ patient: shownPatient(patient), reasons })),
})

/** What a desk does: people are registered, and join with a device of their own. */
export function deskCalls({ desk, url }: StaffClient) {
  return {
    /**
     * @param photo JPEG or PNG, compared with the document
     * @param evenSo those who may be the same were looked at, and are others
     * @throws PlatformError `not_permitted`, `patient_here`, `bad_input`
     */
    register: async (person: NewPerson, photo: Uint8Array | null, evenSo: boolean) =>
      shownRegistered(
        await desk.register({ ...person, ...(photo && { photo }), ...(evenSo && { evenSo: true }) }),
      ),
    deskStanding: (alias: string) => desk.standing(alias),
    /** @throws PlatformError those of StaffDesk.enrol; `not_found`: no app */
    enrolmentOf: async (alias: string, isLost: boolean): Promise<EnrolmentOpened> => {
      // First: a code that nobody can scan is not made.
      const app = await appAt(url)
      const { invitation, expiresAt } = await desk.invite(alias, { isLost })
      return { code: invitation.code, link: enrolmentLink(app, invitation), expiresAt }
    },
    /** @throws PlatformError `unknown_code`, `key_exists`, `rekey_pending`, `no_rekey` */
    enrolmentState: async (code: string) => {
      const { hasDevice, isConfirmed, isEnrolled, countsFrom } = await desk.state(code)
      return { hasDevice, isConfirmed, isEnrolled, countsFrom: countsFrom ?? null }
    },
    /** @throws PlatformError `digits_differ`, `no_device_yet`, `unknown_code` */
    confirmEnrolment: (code: string, digits: string) => desk.confirm(code, digits),
    /** @throws PlatformError `no_rekey` */
    cancelRekeyAtDesk: (alias: string) => desk.cancelRekey(alias),
  }
}
