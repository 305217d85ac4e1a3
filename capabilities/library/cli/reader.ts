import type { Option } from "@aceso/cli/command.ts"
import { type Session, UsageError } from "@aceso/cli/session.ts"
import { LedgerProofs, PublicClient } from "@aceso/client"
import { memberId, orUndefined, slug } from "@aceso/core"
import { LibraryClient, type Place } from "../client/library-client.ts"

export const AT: Option = {
  type: "string",
  words: "whose node is read (default: the one that is asked anyway)",
  value: "<member>",
}

export const PLACE = { name: "publication", words: "which, as <member>/<name>" } as const

/** What a node has, held against the ledger from the genesis that is at hand. @param at whose node, as it was typed */
export async function readerOf(
  session: Session,
  at: string | boolean | undefined,
): Promise<{ readonly url: string; readonly client: LibraryClient }> {
  const asked = session.publicClient()
  const node = at === undefined ? asked : new PublicClient(await asked.urlOf(String(at)))
  return { url: node.url, client: new LibraryClient(node, new LedgerProofs(session.anchor())) }
}

/** @throws UsageError */
export function placeIn(typed: string): Place {
  const [member, name, ...rest] = typed.split("/")
  const place = orUndefined(["bad_input"], () => ({
    member: memberId.parse(member, "member"),
    slug: slug.parse(name, "name"),
  }))
  if (place && rest.length === 0) return place
  throw new UsageError(`${typed}: expected who published it and its name, such as city-hospital/warfarin`)
}

/** @throws UsageError */
export function slugIn(typed: string): string {
  const name = orUndefined(["bad_input"], () => slug.parse(typed, "name"))
  if (name !== undefined) return name
  throw new UsageError(
    `${typed}: expected a name of small letters, digits and hyphens, 64 at most, such as warfarin`,
  )
}
