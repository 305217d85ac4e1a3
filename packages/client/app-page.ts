import { shown } from "./app-policy.ts"

const ELEMENT = /<([a-z][a-z0-9-]*)\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi
const ATTRIBUTE = /([a-z][a-z0-9:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi
/** Attributes that load or lead somewhere. */
const LEADS = new Set([
  "src",
  "href",
  "srcset",
  "action",
  "formaction",
  "data",
  "poster",
  "ping",
  "xlink:href",
])
const NONE = new Set(["base", "iframe", "frame", "object", "embed", "form", "portal"])

/**
 * Where a page of the build points that is none of its files, as sentences. The page's bytes are the build's own; this
 * says whether the build is one of ours at all.
 * @param files the build's, as paths from the origin's root
 */
export function pageFaults(html: string, files: ReadonlySet<string>): readonly string[] {
  const faults = new Set<string>()
  for (const [, name, rest] of html.matchAll(ELEMENT)) {
    const element = name.toLowerCase()
    const attributes = new Map(
      [...rest.matchAll(ATTRIBUTE)].map(([, name, a, b, c]) => [name.toLowerCase(), a ?? b ?? c ?? ""]),
    )
    if (NONE.has(element)) faults.add(`it has the element ${element}`)
    if (element === "script" && !attributes.has("src")) faults.add("it has a script of its own text")
    if (element === "style") faults.add("it has styles of its own text")
    if (element === "meta" && attributes.has("http-equiv"))
      faults.add(`it has meta http-equiv ${shown(attributes.get("http-equiv") ?? "")}`)
    for (const [attribute, value] of attributes) {
      if (/^on/.test(attribute)) faults.add(`it has the attribute ${shown(attribute)}`)
      if (LEADS.has(attribute) && !files.has(value)) faults.add(`it points at ${shown(value)}`)
    }
  }
  return [...faults]
}
