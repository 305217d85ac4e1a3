import {
  type Granted,
  type GrantPreview,
  type GrantTerms,
  isToSign,
  mustBeMeant,
  type PatientClient,
  type PatientPlace,
  placeName,
  type TimelineEntry,
} from "@aceso/client"
import {
  type ConsentCopy,
  type DocumentSummary,
  grantIn,
  judgeEnvelope,
  PlatformError,
  type PolicyDocument,
  summarise,
  toHex,
} from "@aceso/core"
import type { Language } from "../../texts/language.ts"
import { timelineIn } from "../language.ts"
import { type Fault, faultOf } from "../protocol.ts"
import { type At, inTurn, type Known, type Where, whereOf } from "./known.ts"

/** A consent in force, or over, at one custodian. */
export interface ShownConsent extends DocumentSummary, Where {
  /** ms; null: it does not say. */
  readonly signedAt: number | null
}

/** Of one custodian, what stands there. */
export interface Standing {
  readonly consents: readonly ShownConsent[]
  /** Changes that it obeys and the ledger has not yet. */
  readonly onTheWay: number
  /** It waits for the person's word and releases nothing until then. */
  readonly isToConfirm: boolean
  /** Who signed for the person what the ledger does not have yet. */
  readonly signedBy: readonly string[]
}

/** A record by which somebody knows it again. */
export type Title = Pick<TimelineEntry, "title" | "time" | "resourceType" | "value">

export interface ShownPreview extends GrantPreview, Where {
  readonly isToSign: boolean
}

export const consentAt = ({ place, custodian }: Where, document: PolicyDocument): ShownConsent => ({
  ...{ place, custodian },
  signedAt: grantIn(document)?.now ?? null,
  ...summarise(document),
})

/** What a grant opens at one place. */
export async function previewAt(
  client: PatientClient,
  terms: GrantTerms,
  place: PatientPlace,
): Promise<ShownPreview> {
  const preview = await client.preview(terms, place)
  return { ...preview, ...whereOf(place), isToSign: isToSign(terms, preview) }
}

/** What came of handing the copies of consents to whom they are for. */
export type HandedOver = { readonly grantee: string } | { readonly grantee: string; readonly fault: Fault }

/** Hands each grantee its copies; what fails stays signed all the same. */
export async function handOver(
  { client }: Known,
  copies: ReadonlyMap<string, readonly ConsentCopy[]>,
): Promise<HandedOver[]> {
  const done: HandedOver[] = []
  for (const [grantee, own] of copies) {
    if (own.length === 0) continue
    try {
      await client.deliver(await client.members.urlOf(grantee), own)
      done.push({ grantee })
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      done.push({ grantee, fault: faultOf(error) })
    }
  }
  return done
}

/** Titles of records at a custodian, by their ids, in a language. */
export async function titlesOf(
  known: Known,
  custodian: string,
  ids: readonly string[],
  language: Language,
): Promise<Title[]> {
  const timeline = await timelineIn((await known.records()).timeline, language)
  const wanted = new Set(ids)
  return timeline
    .filter(({ sources, older }) =>
      [...sources, ...older].some((one) => one.custodian === custodian && wanted.has(toHex(one.recordId))),
    )
    .map(({ title, time, resourceType, value }) => ({
      ...{ title, time, resourceType },
      ...(value !== undefined && { value }),
    }))
}

/** Who may see what. */
export function accessCalls(known: Known) {
  const { client } = known

  async function signedBy(place: PatientPlace, pending: readonly Uint8Array[]): Promise<string[]> {
    if (pending.length === 0 || client.isDelegate) return []
    const signers = pending.flatMap((envelope) => {
      const verdict = judgeEnvelope(envelope, client.network)
      return verdict.ok ? verdict.envelope.payload.signers.map(toHex) : []
    })
    const delegates = await client.delegates.at(place)
    return delegates
      .filter(({ key }) => signers.includes(toHex(key)))
      .map(({ scope, key }) => scope?.name ?? toHex(key).slice(0, 12))
  }

  async function standingAt(place: PatientPlace): Promise<Standing> {
    const state = await client.policy(place)
    return {
      consents: state.documents.map((one) => consentAt(whereOf(place), one)),
      onTheWay: state.pending.length,
      isToConfirm: !state.isConfirmed,
      signedBy: await signedBy(place, state.pending),
    }
  }

  return {
    organisations: () => known.organisations(),
    /** Where the person has records. */
    places: () => client.places.map(whereOf),
    access: () => known.each(standingAt),
    /** Takes consents back, each at its custodian. */
    takeBack: (consents: readonly { readonly place: string; readonly id: string }[]) =>
      inTurn(
        consents.map(({ place, id }) => {
          const at = known.placeOf(place)
          return { at, run: () => client.revoke(id, at) }
        }),
      ),
    /** What would be in force again by the person's word. */
    async toConfirm(): Promise<(Where & { consents: ShownConsent[] })[]> {
      return (await client.toConfirm()).map(({ place, documents }) => ({
        ...whereOf(place),
        consents: documents.map((one) => consentAt(whereOf(place), one)),
      }))
    },
    confirm: () => client.confirm(),
    /** What a grant opens today, at each place. @param at at this custodian alone, where it is known to open anything */
    async previewGrant(terms: GrantTerms, at?: string): Promise<At<ShownPreview>[]> {
      const isAnyOther = client.places.some(({ custodian }) => custodian !== terms.grantee)
      const all = await known.each(async (place): Promise<ShownPreview | undefined> => {
        const { custodian } = place
        if (at !== undefined && custodian !== at) return undefined
        if (!isAnyOther || custodian !== terms.grantee) mustBeMeant({ ...terms, custodian, now: Date.now() })
        return previewAt(client, terms, place)
      })
      const found = all.filter((one): one is At<ShownPreview> => "fault" in one || one.value !== undefined)
      // A record stands at one place, also where its custodian has two of the person.
      const opening = found.filter((one) => !("value" in one) || one.value.opened > 0)
      return at !== undefined && opening.some((one) => "value" in one) ? opening : found
    },
    titles: (custodian: string, ids: readonly string[], language: Language) =>
      titlesOf(known, custodian, ids, language),
    /**
     * Signs at these places, and hands the grantee its copies, also of what was open already.
     * @param standing consents that open all of it already
     */
    async grant(
      terms: GrantTerms,
      places: readonly string[],
      standing: readonly { readonly place: string; readonly id: string }[],
    ) {
      const signed = await inTurn(
        places
          .map((place) => known.placeOf(place))
          .map((at) => ({ at, run: () => grantOnce(client, terms, at) })),
      )
      const copies = signed.flatMap((one) => ("value" in one ? [one.value.copy] : []))
      for (const { place, id } of standing) copies.push(await client.copy(known.placeOf(place), id))
      const handedOver = await handOver(known, new Map([[terms.grantee, copies]]))
      return { signed: signed.map(withoutValue), handedOver }
    },
  }
}

/**
 * One page of this device after the other: what another one has signed meanwhile is not signed a second time.
 * @throws PlatformError `granted_already`
 */
const grantOnce = (client: PatientClient, terms: GrantTerms, place: PatientPlace): Promise<Granted> =>
  inLock(`aceso grant ${placeName(place)}`, async () => {
    const { custodian } = place
    if (custodian !== terms.grantee) {
      const preview = await client.preview(terms, place)
      if (!isToSign(terms, preview))
        throw new PlatformError(
          "granted_already",
          `all of this was opened at ${custodian} meanwhile, as on another page of this device: it was not signed again`,
        )
    }
    return client.grantAt(place, terms)
  })

/** Among all pages of this origin, where the browser has locks (Web Locks). */
const inLock = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  "locks" in navigator ? navigator.locks.request(name, work) : work()

/** Whether it was done at a place, without what came of it. */
export const withoutValue = (
  one: Where & { readonly fault?: Fault },
): Where & { readonly fault?: Fault } => ({
  ...{ place: one.place, custodian: one.custodian },
  ...(one.fault && { fault: one.fault }),
})
