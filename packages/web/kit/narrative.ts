import { inColumns } from "@aceso/core/display/columns.ts"
import { laidOut, spanOf } from "@aceso/core/display/narrative-rows.ts"
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
 * again: what was cleaned is put into the page as it is. What stands in columns by blanks alone has the class `columns`, a
 * table of which nobody can say what stands under what has `unclear` (`core/display/narrative-rows.ts`).
 * @param div XHTML as in `text.div`
 */
export function narrativeOf(div: string): DocumentFragment {
  const clean = DOMPurify.sanitize(div, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    ALLOW_UNKNOWN_PROTOCOLS: false,
    RETURN_DOM_FRAGMENT: true,
  })
  for (const table of clean.querySelectorAll("table")) boundSpans(table)
  for (const block of [...clean.querySelectorAll(BLOCKS)]) markColumns(block)
  return clean
}

function boundSpans(table: HTMLTableElement): void {
  const groups: Element[] = []
  const rows = [...table.querySelectorAll("tr")]
    .filter((row) => row.closest("table") === table)
    .map((row) => {
      const of = row.parentElement ?? table
      if (groups.at(-1) !== of) groups.push(of)
      const cells = [...row.cells].map((cell) => ({
        text: "",
        columns: spanOf(cell.getAttribute("colspan") ?? undefined) ?? 0,
        rows: spanOf(cell.getAttribute("rowspan") ?? undefined) ?? 0,
      }))
      return { before: "", cells, group: groups.length }
    })
  if (laidOut(rows)) return
  table.className = "unclear"
  for (const cell of table.querySelectorAll("td, th"))
    if (cell.closest("table") === table) for (const name of ["colspan", "rowspan"]) cell.removeAttribute(name)
}

const BLOCKS = "div, p, li, dt, dd, td, th, blockquote, caption, h1, h2, h3, h4, h5, h6"
const INLINE = new Set(
  "SPAN BR Q CODE B I EM STRONG SMALL BIG TT SUB SUP U S DEL INS DFN ABBR #text".split(" "),
)

/** Lines of a block that stand in columns: HTML would take their blanks for one. */
function markColumns(block: Element): void {
  let run: ChildNode[] = []
  const end = () => {
    const lines = run.map(typedText).join("").split("\n")
    if (lines.filter((line) => line.trim() !== "").length > 1 && inColumns(lines).some(Boolean)) {
      const typed = document.createElement("div")
      typed.className = "columns"
      run[0].before(typed)
      typed.append(...run)
    }
    run = []
  }
  for (const child of [...block.childNodes])
    if (INLINE.has(child.nodeName)) run.push(child)
    else end()
  end()
}

const typedText = (node: Node): string =>
  node.nodeName === "BR"
    ? "\n"
    : node.hasChildNodes()
      ? [...node.childNodes].map(typedText).join("")
      : (node.textContent ?? "")
