import type { Component } from "vue"
import type { RouteRecordRaw } from "vue-router"

/** Texts by their names, in groups. */
export interface Texts {
  readonly [name: string]: string | Texts
}
type Alike<T> = { readonly [K in keyof T]: T[K] extends string ? string : Alike<T[K]> }

/** The texts of an area in each language, each loaded when somebody reads it. */
export interface AreaTexts {
  readonly en: () => Promise<Texts>
  readonly zh: () => Promise<Texts>
}
/** A text that one of the languages lacks is an error of types. Built pages have them apart (`texts/apart.ts`). */
export const texts = <const T extends Texts>(en: T, zh: Alike<T>): AreaTexts => ({
  en: async () => en,
  zh: async () => zh as Texts,
})

/** What a link may ask to say how much waits behind it. */
export interface Counting {
  call(name: "waiting", args: []): Promise<number>
}

/** What somebody who acts for another one has to be allowed to do, one of these; `any`: nothing in particular. */
export type ForDelegates = "any" | readonly ("read" | "decide" | "write")[]

/** A place in the navigation. */
export interface AreaLink {
  readonly to: string
  /** Name of its text. */
  readonly text: string
  /** Shown only to staff of whom this holds; absent: to all. */
  readonly isFor?: (me: Me) => boolean
  /** How many things wait there, asked when the page gets focus and every 30 s: it has to be cheap. */
  count?(session: Counting): Promise<number>
}

/** Who works here, as the own node says. */
export interface Me {
  readonly name: string
  readonly member: string
  readonly role?: string
  readonly isAdministrator: boolean
  /** Writes in patients' records. */
  readonly mayWrite?: boolean
  /** Looks people up; absent: that is not known. */
  readonly maySearch?: boolean
  /** Registers people, and lets their devices join. */
  readonly mayServeDesk?: boolean
  /** The organisation has patients of its own. */
  readonly keepsRecords?: boolean
  /** Of the organisation, such as `authority`. */
  readonly kind?: string
}

/** For whom pages are; `open`: for anybody. */
export type Who = "patient" | "staff" | "open"

/** Pages about one subject, for patients, for staff or for anybody. Its texts stand under its name. */
export interface Area {
  readonly name: string
  /** What has to be active on the ledger, such as `cases.messages`: links are shown where it is. Absent: nothing. */
  readonly needs?: string
  readonly texts?: AreaTexts
  /** Those that only pages behind the first one need: they are asked for with the first of these. */
  readonly later?: AreaTexts
  readonly patient?: {
    /** Whether whoever acts for the patient has these pages. Absent: the patient alone. */
    readonly delegates?: ForDelegates
    readonly routes: readonly RouteRecordRaw[]
    readonly links: readonly AreaLink[]
  }
  readonly staff?: { readonly routes: readonly RouteRecordRaw[]; readonly links: readonly AreaLink[] }
  /** On every node for anybody, without signing in. */
  readonly open?: { readonly routes: readonly RouteRecordRaw[]; readonly links: readonly AreaLink[] }
  /** Shown above every page, such as what waits. */
  readonly banner?: Component
}
