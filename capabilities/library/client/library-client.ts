import { getJson, type LedgerProofs, PublicClient } from "@aceso/client"
import {
  type Bytes,
  type Cbor,
  equalBytes,
  type Infer,
  MAX_ROWS_ASKED,
  type MemberId,
  PlatformError,
  type PublicationRow,
  publicationCountRow,
  publicationHash,
  publicationRow,
} from "@aceso/core"
import { type Publication, readPublication } from "./publication.ts"
import { type LibraryEntry, libraryPage, MAX_ANSWER_BYTES, publicationAnswer } from "./schemas.ts"

export interface Place {
  readonly member: MemberId
  readonly slug: string
}

/** What is wrong with what a node says of a publication, by the ledger. */
export type LibraryFinding = "publication_differs" | "publication_old"

export interface Listed extends LibraryEntry {
  /** null: the ledger has it so. */
  readonly finding: LibraryFinding | null
}

export interface Listing {
  /** By member and slug. */
  readonly entries: readonly Listed[]
  /** Members of which the ledger has more than the node lists. */
  readonly leftOut: readonly { readonly member: MemberId; readonly count: number }[]
  /** Behind which more begins, of members that are not in here; null: this was all. */
  readonly next: string | null
}

export interface Shown extends PublicationRow, Place {
  readonly publication: Publication
}

/** What is open to all, as one node has it, held against the ledger by proofs. */
export class LibraryClient {
  private readonly node: PublicClient
  private readonly proofs: LedgerProofs
  /** Who is asked for rows of the ledger. */
  private prover: PublicClient

  constructor(node: PublicClient, proofs: LedgerProofs) {
    this.node = node
    this.proofs = proofs
    this.prover = node
  }

  /**
   * What the node lists, and what it leaves out. Titles are the node's word: `show` checks a text.
   * @param after `next` of an earlier part; default: from the beginning
   * @param atLeast so many, where there are as many, and then the rest of the last member's; default: all
   */
  async list({ after = "", atLeast = Number.POSITIVE_INFINITY } = {}): Promise<Listing> {
    const { entries, next } = await this.entries(after, atLeast)
    const rows = await this.rows(
      "publications",
      entries.map(({ member, slug }) => [member, slug]),
    )
    const listed = entries.map((entry, i) => ({ ...entry, finding: findingOf(entry, rows[i]) }))
    return { entries: listed, leftOut: await this.leftOut(listed, after, next), next }
  }

  /**
   * A publication as the ledger has it now.
   * @throws PlatformError `unknown_publication`, `publication_withdrawn`, `publication_not_here`, `publication_old`,
   * `publication_differs`, `bad_proof`; those of the node
   */
  async show(place: Place): Promise<Shown> {
    const row = await this.mustBeThere(place)
    const { version, content } = await this.copy(place)
    // A newer one may have come between the two answers.
    const now = version > row.version ? await this.mustBeThere(place) : row
    if (version < now.version)
      throw new PlatformError(
        "publication_old",
        `the node at ${this.node.url} hands out version ${version}, the ledger has version ${now.version}: ask another node`,
      )
    if (!now.hash || !equalBytes(publicationHash(content), now.hash))
      throw new PlatformError(
        "publication_differs",
        `the node at ${this.node.url} hands out another text than ${place.member} published: ask another node`,
      )
    return { ...place, ...now, publication: readPublication(content, now.kind) }
  }

  /** What the ledger has of it; undefined: nothing. @throws PlatformError `bad_proof` */
  async row({ member, slug }: Place): Promise<PublicationRow | undefined> {
    const [row] = await this.rows("publications", [[member, slug]])
    return row ? publicationRow(row) : undefined
  }

  private async mustBeThere(place: Place): Promise<PublicationRow> {
    const row = await this.row(place)
    const name = `${place.member}/${place.slug}`
    if (!row) throw new PlatformError("unknown_publication", `there is no ${name}; see aceso library`)
    if (!row.hash) throw new PlatformError("publication_withdrawn", `${name} is withdrawn: it holds no more`)
    return row
  }

  private async copy(place: Place): Promise<Infer<typeof publicationAnswer>> {
    try {
      return await getJson(this.urlOf(place), publicationAnswer, { maxBytes: MAX_ANSWER_BYTES })
    } catch (cause) {
      if (!(cause instanceof PlatformError) || !DENIALS.includes(cause.code)) throw cause
      throw new PlatformError(
        "publication_not_here",
        `the node at ${this.node.url} does not hand out ${place.member}/${place.slug}, which the ledger has: ask another node`,
        { cause },
      )
    }
  }

  private urlOf({ member, slug }: Place): string {
    return `${this.node.url}/library/publication?member=${member}&slug=${slug}`
  }

  /** Of whole members, so that each is held against how many the ledger says that it has. */
  private async entries(
    first: string,
    atLeast: number,
  ): Promise<{ readonly entries: readonly LibraryEntry[]; readonly next: string | null }> {
    const all: LibraryEntry[] = []
    for (let after = first; ; ) {
      const query = after === "" ? "" : `?after=${after}`
      const { entries, next } = await getJson(`${this.node.url}/library${query}`, libraryPage)
      all.push(...entries)
      if (next === null) return { entries: all, next }
      // Pages go on, or a node could list for ever.
      if (after !== "" && !isBehind(next, after))
        throw new PlatformError("bad_answer", `the node at ${this.node.url} lists one page twice`)
      after = next
      const whole = all.filter(({ member }) => member !== memberOf(next))
      const last = whole.at(-1)
      if (last && whole.length >= atLeast) return { entries: whole, next: `${last.member}/${last.slug}` }
    }
  }

  /** By how many slugs the ledger says that each member has, those that are withdrawn too. */
  private async leftOut(
    entries: readonly Listed[],
    after: string,
    next: string | null,
  ): Promise<Listing["leftOut"]> {
    const named = (await this.node.members()).map(({ member }) => member)
    const members = [...new Set([...named, ...entries.map(({ member }) => member)])].filter(
      (member) => member > memberOf(after) && (next === null || member <= memberOf(next)),
    )
    const rows = await this.rows(
      "publicationCounts",
      members.map((member) => [member]),
    )
    return members.flatMap((member, i) => {
      const row = rows[i]
      const here = new Set(entries.flatMap((one) => (one.member === member ? [one.slug] : [])))
      const count = (row ? publicationCountRow(row) : 0) - here.size
      return count > 0 ? [{ member, count }] : []
    })
  }

  private async rows(table: string, keys: readonly (readonly Cbor[])[]): Promise<(Bytes | null)[]> {
    const rows: (Bytes | null)[] = []
    for (let from = 0; from < keys.length; from += MAX_ROWS_ASKED)
      rows.push(...(await this.proven(table, keys.slice(from, from + MAX_ROWS_ASKED))))
    return rows
  }

  /** The node of a member that does not validate has no rows of others: then a custodian or an authority proves them. */
  private async proven(table: string, keys: readonly (readonly Cbor[])[]): Promise<(Bytes | null)[]> {
    let last: unknown
    try {
      return await this.proofs.rows(this.prover, table, keys)
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== "not_here") throw error
      last = error
    }
    for (const { member, kind, status } of await this.node.members()) {
      if (status !== "active" || (kind !== "custodian" && kind !== "authority")) continue
      try {
        const prover = new PublicClient(await this.node.urlOf(member))
        const rows = await this.proofs.rows(prover, table, keys)
        this.prover = prover
        return rows
      } catch (error) {
        last = error
      }
    }
    throw last
  }
}

/** By these a node says that there is none: whether that is so, the ledger says. */
const DENIALS = ["unknown_publication", "publication_withdrawn"]

const memberOf = (place: string): string => place.split("/")[0]

/** By member, then by slug. */
function isBehind(next: string, after: string): boolean {
  const [member, slug] = next.split("/")
  const [before, last] = after.split("/")
  return member === before ? slug > last : member > before
}

/** The row is proven after the node has listed: a newer one that came between the two is old for that moment. */
function findingOf(entry: LibraryEntry, row: Bytes | null): LibraryFinding | null {
  if (!row) return "publication_differs"
  const { version, kind, hash, size, at } = publicationRow(row)
  if (entry.version < version) return "publication_old"
  const isSameHash = hash === null ? entry.hash === null : entry.hash !== null && equalBytes(hash, entry.hash)
  const isSame = entry.version === version && entry.kind === kind && entry.size === size && entry.at === at
  return isSame && isSameHash ? null : "publication_differs"
}
