import type { Browser, Page } from "playwright-core"
import type { Moment, Scene } from "./scene.ts"

export type Language = "en" | "zh"

/** A page of which a picture is taken, and what docs/portals.md says of it. */
export interface Picture {
  readonly name: string
  /** When in the demo's day. */
  readonly moment: Moment
  /** Under which heading. */
  readonly who: string
  readonly title: string
  /** What the page is for, a sentence. */
  readonly what: string
  /** How to get there. */
  readonly way: string
  readonly url: (scene: Scene, browser: Browser) => string | Promise<string>
  /** Shown once the page has what it shows. */
  readonly until?: string
  /** It is shown where `act` led, in place of from its top. */
  readonly isScrolled?: true
  readonly act?: (page: Page, language: Language) => Promise<void>
}

/** A page of a member's portal, as somebody of it sees it. */
export const inPortal = (member: string, name: string, path: string) => (scene: Scene) =>
  `${scene.portal(member)}#demo=${name}${path}`
