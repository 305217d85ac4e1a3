import type { StaffClient } from "@aceso/client"
import { LedgerProofs } from "@aceso/client/ledger-proofs.ts"
import { PublicClient } from "@aceso/client/public-client.ts"
import { isObject, type MemberId, PlatformError, type PublicationKind, parseJson } from "@aceso/core"
import { elementsOf, type ShownElement, textGiven } from "@aceso/core/display/index.ts"
import { tongueOf } from "@aceso/web/session/language.ts"
import type { OpenParts, PatientParts, StaffParts } from "@aceso/web/session/parts.ts"
import type { Language } from "@aceso/web/texts/language.ts"
import type { LibraryClient, Listed, Listing } from "../client/library-client.ts"
import type { Publication } from "../client/publication.ts"
import type { WrongField } from "../client/wrong-fields.ts"

export interface ListedHere extends Omit<Listed, "hash"> {
  readonly isWithdrawn: boolean
}
export interface ListPart extends Omit<Listing, "entries"> {
  readonly entries: readonly ListedHere[]
}
/** A publication, if it is what the ledger has. */
export interface TextShown extends Pick<Publication, "title" | "language"> {
  readonly member: MemberId
  readonly slug: string
  readonly kind: PublicationKind
  readonly version: number
  /** ms */
  readonly at: number
  readonly node: string
  /** Plain text; null: it is a resource. */
  readonly text: string | null
  readonly elements: readonly ShownElement[]
  /** `text.div` of a resource. */
  readonly narrative: string | null
}

/** Nothing was published where fields are wrong. */
export interface Published {
  readonly wrong: readonly WrongField[]
  readonly version?: number
}

/** Entries that are asked for together, with the rest of the last member's. */
const PART = 400

/**
 * What is read without any right, at the node that is asked anyway; the client is loaded when somebody reads.
 * @param isFirstFresh whoever reads has nothing to hold the node's state against
 */
function readingAt(url: string, { isFirstFresh = false } = {}) {
  let loaded: Promise<LibraryClient> | undefined
  const reader = () => {
    loaded ??= import("../client/library-client.ts").then(
      ({ LibraryClient }) =>
        new LibraryClient(new PublicClient(url), new LedgerProofs(undefined, { isFirstFresh })),
    )
    return loaded
  }
  return {
    reader,
    calls: {
      /** A part of the list. @param after `next` of the part before it; "": from the beginning */
      async libraryList(after: string): Promise<ListPart> {
        const { entries, ...rest } = await (await reader()).list({ after, atLeast: PART })
        return {
          ...rest,
          entries: entries.map(({ hash, ...entry }) => ({ ...entry, isWithdrawn: hash === null })),
        }
      },
      async libraryText(member: MemberId, slug: string, spoken: Language = "en"): Promise<TextShown> {
        const {
          publication,
          hash: _hash,
          size: _size,
          ...rest
        } = await (await reader()).show({ member, slug })
        const { title, language, contentType, content } = publication
        const shown = { ...rest, title, language, node: url }
        if (contentType === "text/plain") return { ...shown, text: content, elements: [], narrative: null }
        const resource = parseJson(content)
        if (!isObject(resource)) return { ...shown, text: content, elements: [], narrative: null }
        const { text, ...others } = resource
        const narrative = isObject(text) && typeof text.div === "string" ? text.div : null
        return { ...shown, text: null, elements: elementsOf(others, await tongueOf(spoken)), narrative }
      },
    },
  }
}

export const openCalls = ({ url }: OpenParts) => readingAt(url, { isFirstFresh: true }).calls

export const patientCalls = ({ url }: PatientParts) => readingAt(url).calls

const isAdministrator = async (client: StaffClient): Promise<boolean> =>
  (await client.people.me()).isAdministrator

export function staffCalls({ client, member, seed, url }: StaffParts) {
  const { calls, reader } = readingAt(url)
  const standing = async (slug: string) => {
    const [{ LibraryStaff }, read] = await Promise.all([import("../client/library-staff.ts"), reader()])
    const row = await read.row({ member, slug })
    return { base: row?.version ?? 0, staff: new LibraryStaff(url, seed) }
  }
  return {
    ...calls,
    /** Whose publications the caller may change; null: none. */
    libraryMine: async (): Promise<MemberId | null> => ((await isAdministrator(client)) ? member : null),
    async libraryPublish(slug: string, kind: PublicationKind, given: Publication): Promise<Published> {
      const [{ writePublication }, { wrongFields }] = await Promise.all([
        import("../client/publication.ts"),
        import("../client/wrong-fields.ts"),
      ])
      const written = { ...given, title: textGiven(given.title), content: textGiven(given.content) }
      const wrong = wrongFields(slug, written, kind)
      if (wrong.length > 0) return { wrong }
      const document = writePublication(written, kind)
      const { base, staff } = await standing(slug)
      return { wrong, version: (await staff.publish({ slug, base, kind, document })).version }
    },
    async libraryWithdraw(slug: string): Promise<number> {
      const { base, staff } = await standing(slug)
      if (base === 0) throw new PlatformError("unknown_publication", `there is no ${member}/${slug}`)
      return (await staff.withdraw({ slug, base })).version
    },
  }
}
