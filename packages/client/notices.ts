import {
  type Bytes,
  type Cbor,
  compareBytes,
  domainBytes,
  domainHash,
  hkdf,
  PlatformError,
  type Schema,
  toHex,
} from "@aceso/core"
import { getJson, nobody, post } from "./http.ts"
import {
  NOTICE_TAGS,
  type NoticeLevel,
  type NoticesEnded,
  noticeKeyAnswer,
  noticeShown,
  noticesEnded,
  noticeTag,
} from "./notice-schemas.ts"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"
import { okAnswer } from "./schemas.ts"

/** How it went at one custodian. */
export interface NoticeAt {
  readonly custodian: string
  /** Null: nothing is rung from there. */
  readonly level: NoticeLevel | null
  readonly fault?: PlatformError
}

/**
 * What a device does to be told that there is something new (docs/decisions/0049): the app's operator gets the address at
 * its push service, and each custodian a tag. All tags follow from the seed, so that every device of a person has the
 * same ones and none has to remember them; of `NOTICE_TAGS` those of custodians look like the others.
 */
export class PatientNotices {
  private readonly calls: PatientCalls
  private readonly seed: Bytes
  private readonly app: string

  /** @param app where the patient's app is reached */
  constructor(calls: PatientCalls, seed: Bytes, app: string) {
    this.calls = calls
    this.seed = seed
    this.app = app.replace(/\/$/, "")
  }

  /** Who this is, for a list on a device of whom it is told: it says nothing else. */
  get mark(): string {
    return toHex(hkdf(this.seed, new Uint8Array(0), domainBytes("notice-mark"), 16))
  }

  /** By which a browser asks its push service for an endpoint. @throws PlatformError `no_notices` */
  async key(): Promise<Bytes> {
    return (await getJson(`${this.app}/app/notices/key`, noticeKeyAnswer)).key
  }

  /** What is wanted, at each custodian. */
  shown(): Promise<NoticeAt[]> {
    return this.each((place) => this.at(place))
  }

  /**
   * Registers this device, then tells each custodian its tag. A custodian that does not answer is told at a later renewal.
   * @throws PlatformError `bad_endpoint`, `store_full`, `no_notices`
   */
  async on(endpoint: string, level: NoticeLevel): Promise<NoticeAt[]> {
    await this.register(endpoint)
    return this.each((place) => this.want(place, level))
  }

  /**
   * Says again what was wanted, as a device does now and then while it is used; what nobody wanted stays so.
   * @returns whether anything is wanted anywhere
   */
  async renew(endpoint: string): Promise<boolean> {
    const found = await this.shown()
    const wanted = found.flatMap(({ level }) => level ?? [])
    if (wanted.length === 0) return false
    await this.register(endpoint)
    // A hospital that was joined since is told what the others were.
    const usual = wanted.includes("accesses") ? "accesses" : "decisions"
    await this.each((place) => {
      const { level, fault } = found.find(({ custodian }) => custodian === place.custodian) ?? { level: null }
      return fault ? Promise.reject(fault) : this.want(place, level ?? usual)
    })
    return true
  }

  /**
   * Ends it for this device; where no other device of the person is told, the custodians ring no more.
   * @param endpoint undefined: for every device
   */
  async off(endpoint: string | undefined): Promise<NoticesEnded & { readonly places: readonly NoticeAt[] }> {
    const question = { secrets: this.secrets(), ...(endpoint !== undefined && { endpoint }) }
    const ended = await this.ask("/end", question as unknown as Cbor, noticesEnded)
    const places = ended.isElsewhere
      ? await this.shown()
      : await this.each(async (place) => {
          await this.calls.ask(place, "notice/end", {}, okAnswer)
          return null
        })
    return { ...ended, places }
  }

  private async register(endpoint: string): Promise<void> {
    await this.ask("", { endpoint, secrets: this.secrets() } as unknown as Cbor, okAnswer)
  }

  private async at(place: PatientPlace): Promise<NoticeLevel | null> {
    const { notice } = await this.calls.ask(place, "notice", {}, noticeShown)
    return notice?.level ?? null
  }

  private async want(place: PatientPlace, level: NoticeLevel): Promise<NoticeLevel> {
    await this.calls.ask(place, "notice/set", { tag: noticeTag(this.secretAt(place)), level }, okAnswer)
    return level
  }

  /** One place that does not answer keeps nothing from being done at the others. */
  private each(work: (place: PatientPlace) => Promise<NoticeLevel | null>): Promise<NoticeAt[]> {
    return Promise.all(
      this.calls.places.map(async (place) => {
        const { custodian } = place
        try {
          return { custodian, level: await work(place) }
        } catch (error) {
          if (!(error instanceof PlatformError)) throw error
          return { custodian, level: null, fault: error }
        }
      }),
    )
  }

  /**
   * Of all places at once: whoever joins another hospital has other tags everywhere, and the operator does not see which
   * of them is new, nor how many custodians there are.
   */
  private secrets(): Bytes[] {
    const places = this.calls.places.slice(0, NOTICE_TAGS)
    const own = places.map((place) => this.secretAt(place))
    const others = Array.from({ length: NOTICE_TAGS - own.length }, (_, i) => this.secret("nobody", i))
    // In the order of what says nothing.
    return [...own, ...others].sort(compareBytes)
  }

  private secretAt({ custodian, handle }: PatientPlace): Bytes {
    return this.secret(custodian, handle)
  }

  private secret(whose: string, what: Cbor): Bytes {
    const all = this.calls.places.map(({ custodian, handle }) =>
      domainHash("notice-place", custodian, handle),
    )
    const salt = domainHash("notice-places", all.sort(compareBytes))
    return hkdf(this.seed, salt, domainBytes("notice-secret", whose, what), 32)
  }

  private ask<T>(path: string, question: Cbor, answer: Schema<T>): Promise<T> {
    return post(`${this.app}/app/notices${path}`, question, nobody(), answer)
  }
}
