import {
  type Organisation,
  type OwnHistory,
  type PatientClient,
  type PatientPlace,
  placeName,
  placeNamed,
} from "@aceso/client"
import { PlatformError } from "@aceso/core"
import { type Fault, faultOf } from "../protocol.ts"

/** Where something was asked or done: a place of the person by its name, and its custodian. */
export interface Where {
  readonly place: string
  readonly custodian: string
}

/** What one custodian answered, or why it did not. */
export type At<T> = (Where & { readonly value: T }) | (Where & { readonly fault: Fault })

/** A place as pages name it. */
export const whereOf = (place: PatientPlace): Where => ({
  place: placeName(place),
  custodian: place.custodian,
})

const KEPT_MS = 5 * 60_000

/** What several pages of a patient ask for, kept for a while. */
export class Known {
  readonly client: PatientClient
  private members: Promise<readonly Organisation[]> | undefined
  private history: { readonly at: number; readonly of: Promise<OwnHistory> } | undefined

  constructor(client: PatientClient) {
    this.client = client
  }

  /** Of the network, each as the ledger has it. */
  organisations(): Promise<readonly Organisation[]> {
    this.members ??= this.client.members.organisations().catch((error: unknown) => {
      this.members = undefined
      throw error
    })
    return this.members
  }

  /** The own records; what was read within five minutes is not read again. */
  records(): Promise<OwnHistory> {
    if (!this.history || Date.now() - this.history.at > KEPT_MS)
      this.history = { at: Date.now(), of: this.client.history() }
    const { of } = this.history
    return of.catch((error: unknown) => {
      this.history = undefined
      throw error
    })
  }

  /** One place that does not answer keeps nobody from seeing the others. */
  each<T>(ask: (place: PatientPlace) => Promise<T>): Promise<At<T>[]> {
    return Promise.all(
      this.client.places.map(async (place): Promise<At<T>> => {
        const where = whereOf(place)
        try {
          return { ...where, value: await ask(place) }
        } catch (error) {
          if (!(error instanceof PlatformError)) throw error
          return { ...where, fault: faultOf(error) }
        }
      }),
    )
  }

  /** @throws PlatformError `unknown_member` */
  placeOf(name: string): PatientPlace {
    const found = placeNamed(this.client.places, name)
    if (found) return found
    throw new PlatformError("unknown_member", `you have no records at ${name}`)
  }
}

/** One after the other: what fails at one keeps nothing from being done at the next. */
export async function inTurn<T>(
  all: readonly { readonly at: PatientPlace; readonly run: () => Promise<T> }[],
): Promise<At<T>[]> {
  const done: At<T>[] = []
  for (const { at, run } of all) {
    const where = whereOf(at)
    try {
      done.push({ ...where, value: await run() })
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      done.push({ ...where, fault: faultOf(error) })
    }
  }
  return done
}
