import { readFileSync } from "node:fs"
import type { Plugin } from "vite"

const LANGUAGES = ["en", "zh"] as const
const APART = /^(.+)\?texts=(en|zh)$/

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}
interface Call extends Node {
  readonly callee: Node & { readonly name?: string }
  readonly arguments: readonly Node[]
}
interface Change {
  readonly from: number
  readonly to: number
  readonly text: string
}

/**
 * Each language of the texts of an area (`texts(en, zh)`) as a file of its own, which is loaded where somebody reads it:
 * in the sources both stand side by side, so that none can be forgotten. What is left of the file asks for the one that
 * is wanted; the file of a language is what the other one was made of, without all but that language.
 */
export const textsApart = (): Plugin => ({
  name: "texts-apart",
  async resolveId(source, importer) {
    const [, path, language] = APART.exec(source) ?? []
    const found = path === undefined ? null : await this.resolve(path, importer, { skipSelf: true })
    return found && `${found.id}?texts=${language}`
  },
  load(id) {
    const [, path] = APART.exec(id) ?? []
    return path === undefined ? null : readFileSync(path, "utf8")
  },
  transform(code, id) {
    const [, path = id, language] = APART.exec(id) ?? []
    if (!/\.ts$/.test(path) || !code.includes("kit/area.ts")) return null
    const program = this.parse(code) as unknown as Node & { readonly body: readonly Node[] }
    const calls = nodesIn(program).filter(isCall)
    if (calls.length === 0) return null
    if (language === undefined)
      return {
        code: changed(
          code,
          calls.map((call, n) => asked(call, path, n)),
        ),
        map: null,
      }
    const at = LANGUAGES.indexOf(language as (typeof LANGUAGES)[number])
    const taken = calls.map(({ start, end }): Change => ({ from: start, to: end, text: "undefined" }))
    const shown = calls.map(({ arguments: both }, n) => {
      const { start, end } = both[at]
      return `export const texts${n} = ${code.slice(start, end)};`
    })
    return {
      code: [changed(code, [...taken, ...program.body.flatMap(unexported)]), ...shown].join("\n"),
      map: null,
    }
  },
})

/** In place of both languages, where each of them is. */
const asked = ({ start, end }: Node, path: string, n: number): Change => ({
  ...{ from: start, to: end },
  text: `{${LANGUAGES.map((language) => {
    const file = JSON.stringify(`${path}?texts=${language}`)
    return `${language}:()=>import(${file}).then((found)=>found.texts${n})`
  }).join(",")}}`,
})

/** The name stays in the file, and nobody asks for it: what only it needs is left out. */
const unexported = ({ type, start, ...more }: Node & { readonly declaration?: Node | null }): Change[] =>
  type === "ExportNamedDeclaration" && more.declaration
    ? [{ from: start, to: more.declaration.start, text: "" }]
    : []

const isCall = (node: Node): node is Call =>
  node.type === "CallExpression" &&
  (node as Call).callee.name === "texts" &&
  (node as Call).arguments.length === 2

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn)
  if (typeof value !== "object" || value === null) return []
  const inside = Object.values(value).flatMap(nodesIn)
  return "type" in value && "start" in value ? [value as Node, ...inside] : inside
}

function changed(code: string, changes: readonly Change[]): string {
  let text = code
  for (const { from, to, text: by } of [...changes].sort((a, b) => b.from - a.from))
    text = text.slice(0, from) + by + text.slice(to)
  return text
}

/** The chunk of such a file: what patients, staff, the start page and anybody read lies apart. */
export function textsChunk(id: string): string | null {
  const [, path, language] = APART.exec(id) ?? []
  const whose = /\/web\/pages\/(patient|staff|start|setup|open|ledger|verify|network)\//.exec(path ?? "")?.[1]
  // Read with the page that needs it (`withTexts`).
  const late = /\/(\w+)\/late-texts\.ts$/.exec(path ?? "")?.[1]
  // Read with the first page behind the first one (`later` of an area).
  const later = /later-texts\.ts$/.test(path ?? "") ? "later" : undefined
  return language === undefined
    ? null
    : ["texts", ...[whose ?? [], late ?? later ?? []].flat(), language].join("-")
}
