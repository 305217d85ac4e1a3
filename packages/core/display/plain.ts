import { visible } from "./visible.ts"

/** What stands between < and > like an element of HTML. */
const MARKUP = /<[/!?]?[a-z][^<>]*>|<!--/i
const MAX_PART = 40

/** Why a text is not plain: it says nothing, holds markup (`part`: its beginning), or what nobody can see. */
export type PlainFault =
  | { readonly kind: "empty" }
  | { readonly kind: "markup"; readonly part: string }
  | { readonly kind: "unseen" }

/** Undefined: people read it as it is, in lines. */
export function plainFault(words: string): PlainFault | undefined {
  if (words.trim() === "") return { kind: "empty" }
  const [markup] = MARKUP.exec(words) ?? []
  if (markup !== undefined) return { kind: "markup", part: visible(markup.slice(0, MAX_PART)) }
  const lines = words.replaceAll("\n", "").replaceAll("\t", "")
  return visible(lines) === lines ? undefined : { kind: "unseen" }
}
