import DOMPurify from "dompurify"

/** What a narrative may be made of (FHIR R4, Narrative, without pictures, links and names of styles). */
const TAGS = [
  ...["div", "p", "span", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "q", "code"],
  ...["b", "i", "em", "strong", "small", "big", "tt", "sub", "sup", "u", "s", "del", "ins", "dfn", "abbr"],
  ...["ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"],
]
const ATTRIBUTES = ["colspan", "rowspan", "dir", "lang"]

/**
 * A narrative that somebody sent, with nothing left in it that runs, loads, draws or leads anywhere. It is never text
 * again: what was cleaned is put into the page as it is.
 * @param div XHTML as in `text.div`
 */
export const narrativeOf = (div: string): DocumentFragment =>
  DOMPurify.sanitize(div, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    ALLOW_UNKNOWN_PROTOCOLS: false,
    RETURN_DOM_FRAGMENT: true,
  })
