import {
  isCallExpression,
  isCatchClause,
  isExportAssignment,
  isIdentifier,
  isObjectBindingPattern,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isVariableDeclaration,
  type Node,
  SyntaxKind,
} from "typescript/unstable/ast"
import {
  commentsOf,
  type Finding,
  findInTree,
  findingAt,
  isProduct,
  isTest,
  type Rule,
  type Source,
} from "./source.ts"

const LINES_MAX = 400

/** What no file in packages and capabilities may hold, apart from tests. */
export const bans: Rule = (source) => {
  if (!isProduct(source.path) || isTest(source.path)) return []
  const inTree = findInTree(source, "ban", (node) => {
    return (
      reasonOfExport(node, source.path) ??
      reasonOfMember(node, source.path) ??
      reasonOfAddress(node) ??
      reasonOfMessage(node, source.path) ??
      reasonOfCatch(node, source.text)
    )
  })
  return [...inTree, ...bannedComments(source), ...bannedMarkup(source), ...bannedMessages(source)]
}

/** Vue writes what it is given as text; these would make markup of it. */
function bannedMarkup({ path, whole }: Source): Finding[] {
  if (!path.endsWith(".vue")) return []
  return whole.split("\n").flatMap((line, i) =>
    MARKUP.filter(({ pattern }) => pattern.test(line)).map(({ message }) => ({
      ...{ path, line: i + 1, rule: "ban", message },
    })),
  )
}

const MARKUP = [
  {
    pattern: /\bv-html\b|\binnerHTML\b/,
    message: "no v-html: text of others would become markup; show text, or a narrative by its component",
  },
  {
    pattern: /<RouterView\b(?!.*:key="route\.fullPath")/,
    message:
      'a page would stay under another address, with another patient: write <RouterView :key="route.fullPath" />',
  },
]

/** What pages are made of; their sessions run in a worker, and hand faults on. */
const PAGE = /^(?:packages\/web\/(?!session\/)|capabilities\/[\w-]+\/web\/(?!session\.ts))/
/** The one that shows a message. */
const SHOWS_MESSAGES = "packages/web/kit/FaultHelp.vue"
const isPage = (path: string): boolean => PAGE.test(path) && path !== SHOWS_MESSAGES
const NO_MESSAGE =
  "a fault's message is in English alone, and not for people: show the fault by FaultBox or FaultHelp of packages/web/kit"

function bannedMessages({ path, whole, text }: Source): Finding[] {
  if (!path.endsWith(".vue") || !isPage(path)) return []
  const script = text.split("\n")
  return whole
    .split("\n")
    .flatMap((line, i) =>
      script[i].trim() === "" && /\.message\b|\{\{\s*message\b/.test(line)
        ? [{ path, line: i + 1, rule: "ban", message: NO_MESSAGE }]
        : [],
    )
}

function reasonOfMessage(node: Node, path: string): string | undefined {
  if (!isPage(path)) return undefined
  if (isPropertyAccessExpression(node) && node.name.text === "message") return NO_MESSAGE
  if (!isVariableDeclaration(node) || !isObjectBindingPattern(node.name) || !node.initializer)
    return undefined
  const taken = node.name.elements.some(
    (one) => ("propertyName" in one ? (one.propertyName ?? one.name) : one.name)?.getText() === "message",
  )
  return taken && /^faultShown\(/.test(node.initializer.getText()) ? NO_MESSAGE : undefined
}

/** Where a page is made, its address is read once: the page would go on with it under another one. */
function reasonOfAddress(node: Node): string | undefined {
  if (!isPropertyAccessExpression(node) || node.name.text !== "params") return undefined
  const { expression } = node
  const isRoute =
    (isIdentifier(expression) && expression.text === "route") ||
    (isCallExpression(expression) && expression.expression.getText() === "useRoute")
  if (!isRoute) return undefined
  for (let at = node.parent; at; at = at.parent) if (FUNCTIONS.has(at.kind)) return undefined
  return "route.params is read once: the page would show one patient under another one's address; read it in a computed"
}
const FUNCTIONS = new Set([
  SyntaxKind.ArrowFunction,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.MethodDeclaration,
])

function reasonOfExport(node: Node, path: string): string | undefined {
  if (/\.config\.[cm]?[jt]s$|\.d\.ts$/.test(path)) return undefined // tools and typings of others demand one there
  const isDefault = isExportAssignment(node) || node.kind === SyntaxKind.DefaultKeyword
  const isNamedDefault =
    isIdentifier(node) && node.text === "default" && node.parent.kind === SyntaxKind.ExportSpecifier
  const inSwitch = node.parent?.kind === SyntaxKind.DefaultClause
  return (isDefault && !inSwitch) || isNamedDefault ? "no default export: export it by its name" : undefined
}

function reasonOfMember(node: Node, path: string): string | undefined {
  if (isBareWrite(node, path)) {
    return "text of others could draw on the terminal: write through writeTo of packages/cli/terminal.ts"
  }
  if (!isPropertyAccessExpression(node) || !isIdentifier(node.expression)) return undefined
  const name = `${node.expression.text}.${node.name.text}`
  if (name === "Math.random") return "no Math.random: use the random bytes of @aceso/core, or take a seed"
  if (node.expression.text === "console")
    return `no ${name}: return the text, or use the logger that the caller hands in`
  return undefined
}

/** The one way to a terminal; and what finds a runtime for all the rest, which imports nothing. */
const WRITERS = new Set(["packages/cli/terminal.ts", "packages/cli/aceso.js", "packages/cli/pinned.js"])

/** `process.stdout.write`, whatever it is given. */
function isBareWrite(node: Node, path: string): boolean {
  if (WRITERS.has(path) || !isPropertyAccessExpression(node)) return false
  const { expression, name } = node
  return (
    name.text === "write" &&
    isPropertyAccessExpression(expression) &&
    isIdentifier(expression.expression) &&
    expression.expression.text === "process" &&
    /^std(out|err)$/.test(expression.name.text)
  )
}

function reasonOfCatch(node: Node, text: string): string | undefined {
  if (!isCatchClause(node) || node.block.statements.length > 0) return undefined
  const hasComment = /\/[/*]/.test(text.slice(node.block.pos, node.block.end))
  return hasComment
    ? undefined
    : "empty catch: handle the error, or say in a comment why nothing is to be done"
}

const COMMENTS = [
  { pattern: /\b(TODO|FIXME|XXX)\b/, mend: "do it now, or write it into docs/" },
  { pattern: /@ts-(ignore|nocheck)\b/, mend: "mend the type" },
]

function bannedComments(source: Parameters<Rule>[0]): Finding[] {
  return commentsOf(source).flatMap(({ position, text }) =>
    COMMENTS.flatMap(({ pattern, mend }) => {
      const match = pattern.exec(text)
      if (!match) return []
      return [findingAt(source, position + match.index, "ban", `no ${match[0]} in a comment: ${mend}`)]
    }),
  )
}

/** A test is skipped only with a reason, and no test keeps the others from running. */
export const skips: Rule = (source) => {
  if (!isTest(source.path)) return []
  return findInTree(source, "skip", (node) => {
    if (
      isPropertyAssignment(node) &&
      node.initializer.kind === SyntaxKind.TrueKeyword &&
      isIdentifier(node.name)
    ) {
      return isOptionOfTest(node) ? reasonOfSkip(node.name.text) : undefined
    }
    if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return undefined
    const { expression: receiver, name } = node.expression
    if (!isIdentifier(receiver)) return undefined
    if (/^(test|it|describe|suite)$/.test(receiver.text)) return reasonOfSkip(name.text)
    const inContext = /^(t|ctx|context)$/.test(receiver.text) && node.arguments.length === 0
    return inContext ? reasonOfSkip(name.text) : undefined
  })
}

/** Playwright takes the promise for the answer: the test would wait for nothing. */
export const waits: Rule = (source) =>
  findInTree(source, "wait", (node) => {
    if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return undefined
    if (node.expression.name.text !== "waitForFunction") return undefined
    return /^async\b/.test(node.arguments[0]?.getText() ?? "")
      ? "waitForFunction waits for no async function: use until (packages/web/testing/browser.ts)"
      : undefined
  })

function isOptionOfTest(node: Node): boolean {
  const call = node.parent.parent
  return isCallExpression(call) && /^(test|it|describe|suite|t\.test)$/.test(call.expression.getText())
}

function reasonOfSkip(name: string): string | undefined {
  if (name === "skip" || name === "todo") return 'a skip names its reason: { skip: "..." } or t.skip("...")'
  return name === "only" ? "`only` keeps the other tests from running: remove it" : undefined
}

export const length: Rule = (source) => {
  const lines = source.text.replace(/\n$/, "").split("\n").length
  if (lines <= LINES_MAX || /\.(test|table)\.ts$/.test(source.path)) return []
  const message = `${lines} lines are more than ${LINES_MAX}: split it by subject, or name a data table *.table.ts`
  return [findingAt(source, source.text.length, "length", message)]
}
