import assert from "node:assert/strict"
import type { Copy } from "./copy.ts"

/** A fenced block of a page: what it is, what stands behind that, and its lines. */
export interface Block {
  readonly language: string
  readonly info: string
  readonly body: string
}

export const blocksOf = (page: string): readonly Block[] =>
  [...page.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map(([, language, info, body]) => ({
    language,
    info,
    body,
  }))

/** A part of a page, by its heading. */
export function sectionOf(page: string, heading: string): string {
  const [, found] = page.split(`\n## ${heading}\n`)
  assert.ok(found !== undefined, `the page has no "${heading}"`)
  return found.split("\n## ")[0]
}

/** Puts a row, or a line of a list, under a heading as the first one there. @param place such as README.md#commands */
export function putUnder(copy: Copy, place: string, line: string): void {
  const [path, slug] = place.split("#")
  copy.change(path, (text) => {
    const lines = text.split("\n")
    const at = lines.findIndex((one) => /^#+ /.test(one) && slugOf(one) === slug)
    assert.ok(at >= 0, `${path} has no heading for #${slug}`)
    const isFirst = line.startsWith("|") ? /^\|-/ : /^- /
    const first = lines.findIndex((one, i) => i > at && isFirst.test(one))
    assert.ok(first >= 0, `${place}: there is nothing that ${line} could be put into`)
    lines.splice(line.startsWith("|") ? first + 1 : first, 0, line.trimEnd())
    return lines.join("\n")
  })
}

/** As headings are named in links. */
const slugOf = (heading: string): string =>
  heading
    .replace(/^#+ /, "")
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-")

/** What a page shows of an output: `[...]` stands for anything, and lines may end elsewhere. */
export const shownBy = (body: string): RegExp =>
  new RegExp(
    body
      .trim()
      .split(/\s*\[\.\.\.\]\s*/)
      .map((part) => part.trim().split(/\s+/).map(RegExp.escape).join("\\s+"))
      .join("[\\s\\S]*?"),
  )
