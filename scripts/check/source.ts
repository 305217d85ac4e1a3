import { globSync, readFileSync } from "node:fs"
import { type Node, type SourceFile, SyntaxKind } from "typescript/unstable/ast"
import { createVirtualFileSystem } from "typescript/unstable/fs"
import { API } from "typescript/unstable/sync"

export type Finding = {
  readonly path: string
  readonly line: number
  readonly rule: string
  /** What is wrong and how to mend it. */
  readonly message: string
}

export type Source = {
  readonly path: string
  /** Of a Vue file what is script; all else is blank. */
  readonly text: string
  /** As the file is. */
  readonly whole: string
  readonly ast: SourceFile
}

export type Rule = (source: Source) => Finding[]

const PATTERN = "{packages,capabilities,scripts,bench,conformance}/**/*.{ts,tsx,mts,js,mjs,vue}"

/** What runs at those who use Aceso. */
export const isProduct = (path: string): boolean => /^(packages|capabilities)\//.test(path)

/** Paths relative to the working directory, sorted, never those that npm or a generator wrote. */
export function findFiles(pattern: string): string[] {
  const exclude = (path: string) => /(^|\/)(node_modules|generated|dist|spike)(\/|$)/.test(path)
  return globSync(pattern, { exclude }).sort()
}

export function readSources(): Source[] {
  return parse(findFiles(PATTERN).map((path) => ({ path, text: readFileSync(path, "utf8") })))
}

/**
 * TypeScript 7 is a Go program and has no `createSourceFile`. Its API (still called unstable; the version is
 * pinned) parses projects: the sources go in as one project in memory that resolves no import.
 */
export function parse(texts: readonly { readonly path: string; readonly text: string }[]): Source[] {
  const root = "/aceso-check"
  const parsed = texts.map(({ path, text }, index) => ({
    path,
    whole: text,
    text: path.endsWith(".vue") ? scriptOfVue(text) : text,
    file: `${root}/${index}/${path}${path.endsWith(".vue") ? ".ts" : ""}`,
  }))
  const compilerOptions = { noLib: true, noResolve: true, types: [], allowJs: true, jsx: "preserve" }
  const config = { compilerOptions, files: parsed.map(({ file }) => file) }
  const files = Object.fromEntries(parsed.map(({ file, text }) => [file, text]))
  const fs = createVirtualFileSystem({ ...files, [`${root}/tsconfig.json`]: JSON.stringify(config) })
  const api = new API({ cwd: root, fs })
  try {
    const project = api
      .updateSnapshot({ openProjects: [`${root}/tsconfig.json`] })
      .getProject(`${root}/tsconfig.json`)
    return parsed.map(({ path, text, whole, file }) => {
      const ast = project?.program.getSourceFile(file)
      if (!ast) throw new Error(`the TypeScript API gave no syntax tree for ${path}`)
      return { path, text, whole, ast }
    })
  } finally {
    api.close()
  }
}

/** Keeps the line numbers: everything outside of the script blocks becomes empty lines. */
function scriptOfVue(text: string): string {
  const blank = (part: string) => part.replace(/[^\n]/g, " ")
  let result = ""
  let end = 0
  for (const match of text.matchAll(/(?<=^<script[^>]*>)[\s\S]*?(?=^<\/script>)/gm)) {
    result += blank(text.slice(end, match.index)) + match[0]
    end = match.index + match[0].length
  }
  return result + blank(text.slice(end))
}

export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

export function findingAt(source: Source, position: number, rule: string, message: string): Finding {
  const line = source.text.slice(0, position).split("\n").length
  return { path: source.path, line, rule, message }
}

/** Runs `check` over all nodes of the tree; what it returns becomes the message of a finding at the node. */
export function findInTree(
  source: Source,
  rule: string,
  check: (node: Node) => string | undefined,
): Finding[] {
  const findings: Finding[] = []
  walk(source.ast, (node) => {
    const message = check(node)
    if (message) findings.push(findingAt(source, node.getStart(source.ast), rule, message))
  })
  return findings
}

/** Comments with their positions. Strings, templates and regular expressions are blanked first. */
export function commentsOf({ ast, text }: Source): { position: number; text: string }[] {
  const literals = [
    SyntaxKind.StringLiteral,
    SyntaxKind.RegularExpressionLiteral,
    SyntaxKind.NoSubstitutionTemplateLiteral,
    SyntaxKind.TemplateHead,
    SyntaxKind.TemplateMiddle,
    SyntaxKind.TemplateTail,
  ]
  const parts: string[] = []
  let end = 0
  walk(ast, (node) => {
    if (!literals.includes(node.kind)) return
    const start = node.getStart(ast)
    parts.push(text.slice(end, start), " ".repeat(node.end - start))
    end = node.end
  })
  const code = parts.join("") + text.slice(end)
  return [...code.matchAll(/\/\/.*|\/\*[\s\S]*?\*\//g)].map((match) => ({
    position: match.index,
    text: match[0],
  }))
}

/** Test files and what only they use. */
export function isTest(path: string): boolean {
  return /\.test\.[cm]?[jt]sx?$/.test(path) || path.includes("/testing/")
}
