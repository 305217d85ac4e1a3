import { isObject, PlatformError, type PublicationKind, parseJson, slug as slugText } from "@aceso/core"
import { plainFault } from "@aceso/core/display/index.ts"
import { mayNotStand } from "./may-stand.ts"
import { isLanguage, MAX_TITLE, type Publication, plainFaultCode, writePublication } from "./publication.ts"

/** A field of a publication that nobody can publish so. */
export interface WrongField {
  readonly field: "slug" | "language" | "title" | "content"
  readonly why: string
  /** Of a resource: where it says something about a person. */
  readonly element?: string
}

/** What has to be written otherwise before it is published; empty: nothing. */
export function wrongFields(slug: string, given: Publication, kind: PublicationKind): WrongField[] {
  const title = titleFault(given.title)
  const content = contentFault(given, kind)
  return [
    ...(isSlug(slug) ? [] : [{ field: "slug", why: "publication_bad_slug" } as const]),
    ...(isLanguage(given.language) ? [] : [{ field: "language", why: "publication_bad_language" } as const]),
    ...(title === undefined ? [] : [{ field: "title", why: title } as const]),
    ...(content === undefined ? [] : [{ field: "content", ...content } as const]),
  ]
}

function isSlug(slug: string): boolean {
  try {
    slugText.parse(slug, "slug")
    return true
  } catch {
    // What is wrong with it, the page says.
    return false
  }
}

function titleFault(title: string): string | undefined {
  const fault = plainFault(title)
  if (fault) return plainFaultCode(fault)
  if (/[\n\t]/.test(title)) return "publication_title_lines"
  return title.length > MAX_TITLE ? "publication_title_long" : undefined
}

/** As whoever publishes it would be told, if all else were right. */
function contentFault(given: Publication, kind: PublicationKind): Omit<WrongField, "field"> | undefined {
  if (given.content === "") return { why: "publication_empty" }
  try {
    writePublication({ ...given, title: "-", language: "en" }, kind)
    return undefined
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    const { code } = error
    if (code === "publication_refused" && given.contentType !== "text/plain")
      return { why: "publication_no_resource" }
    const element = code === "publication_names_a_person" ? strangeIn(given.content) : undefined
    return { why: code, ...(element !== undefined && { element }) }
  }
}

function strangeIn(content: string): string | undefined {
  const resource = parseJson(content)
  // Behind a comma it says in English what stands there.
  return isObject(resource) ? mayNotStand(resource)?.split(",")[0] : undefined
}
