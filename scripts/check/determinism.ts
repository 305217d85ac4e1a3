import {
  isBinaryExpression,
  isBindingElement,
  isCallExpression,
  isElementAccessExpression,
  isForInStatement,
  isFunctionDeclaration,
  isFunctionExpression,
  isIdentifier,
  isImportSpecifier,
  isMethodDeclaration,
  isMethodSignatureDeclaration,
  isNumericLiteral,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isPropertyDeclaration,
  isPropertySignatureDeclaration,
  isQualifiedName,
  isStringLiteral,
  isVariableDeclaration,
  type Node,
  SyntaxKind,
} from "typescript/unstable/ast"
import { importOf } from "./layering.ts"
import { findInTree, isTest, type Rule } from "./source.ts"

// Every node must compute the same result from a block. Direct recursion is found, recursion through a second
// function is not: `contract_fault` and the test with a small --stack-size are the net below this rule.

const INTEGER_MATH = ["min", "max", "floor", "ceil", "trunc", "abs", "imul", "clz32"]
const CLOCK = "use the time of the block"
const ENVIRONMENT = "a contract sees only its state, its input and the block"
const SYNCHRONOUS = "a contract is synchronous"

/** Global names with what to do instead; also a local variable of such a name is refused. */
const GLOBALS = new Map([
  ["Date", CLOCK],
  ["Temporal", CLOCK],
  ["performance", CLOCK],
  ["Intl", "its data differ between builds of Node"],
  ["process", ENVIRONMENT],
  ["globalThis", ENVIRONMENT],
  ["require", ENVIRONMENT],
  ["fetch", ENVIRONMENT],
  ["crypto", "use the hashes of @aceso/core; there is no randomness in a contract"],
  ["setTimeout", SYNCHRONOUS],
  ["setInterval", SYNCHRONOUS],
  ["setImmediate", SYNCHRONOUS],
  ["queueMicrotask", SYNCHRONOUS],
  ["Promise", SYNCHRONOUS],
  ["JSON", "use the deterministic CBOR of @aceso/core"],
  ["WeakRef", "it shows when garbage was collected"],
  ["FinalizationRegistry", "it shows when garbage was collected"],
  ["eval", "write the code down"],
  ["Function", "write the code down, or give the exact function type"],
  ["parseFloat", "use integers"],
])

const MEMBERS = new Map([
  ["toLocaleString", "format outside of the contract"],
  ["toLocaleDateString", "format outside of the contract"],
  ["toLocaleTimeString", "format outside of the contract"],
  ["toLocaleLowerCase", "use toLowerCase"],
  ["toLocaleUpperCase", "use toUpperCase"],
  ["localeCompare", "compare with < and >"],
  ["normalize", "its tables change with the version of Unicode: demand normalized input"],
  ["stack", "it differs between builds: use the message"],
])

const OPERATORS = new Map([
  [SyntaxKind.SlashToken, "use the integer helper `divide` in place of /"],
  [SyntaxKind.SlashEqualsToken, "use the integer helper `divide` in place of /="],
  [SyntaxKind.AsteriskAsteriskToken, "** is approximate: multiply, or write the number"],
  [SyntaxKind.AsteriskAsteriskEqualsToken, "** is approximate: multiply, or write the number"],
])

/** Contracts, and the processes that one of them interprets. */
const DETERMINISTIC = /^packages\/contracts\/|^capabilities\/[^/]+\/definition\//

export const determinism: Rule = (source) => {
  if (!DETERMINISTIC.test(source.path) || isTest(source.path)) return []
  return findInTree(source, "determinism", (node) => {
    const raw = source.text.slice(node.getStart(source.ast), node.end)
    return reasonOfImport(node) ?? reasonOfName(node) ?? reasonOfSyntax(node, raw) ?? reasonOfRecursion(node)
  })
}

function reasonOfImport(node: Node): string | undefined {
  const specifier = importOf(node)?.specifier
  if (!specifier || /^(\.|@aceso\/)/.test(specifier)) return undefined
  return `a contract may not import "${specifier}": only its own files and @aceso/core`
}

function reasonOfName(node: Node): string | undefined {
  const member = memberOf(node)
  if (member && MEMBERS.has(member)) return `no .${member}: ${MEMBERS.get(member)}`
  if (!isIdentifier(node) || isMemberName(node)) return undefined
  if (node.text === "Math") {
    const { parent } = node
    if (isPropertyAccessExpression(parent) && INTEGER_MATH.includes(parent.name.text)) return undefined
    return `of Math only ${INTEGER_MATH.join(", ")} are exact on every machine: use these`
  }
  return GLOBALS.has(node.text) ? `no ${node.text}: ${GLOBALS.get(node.text)}` : undefined
}

/** x.name, x["name"] or { name } = x */
function memberOf(node: Node): string | undefined {
  if (isPropertyAccessExpression(node)) return node.name.text
  if (isElementAccessExpression(node) && isStringLiteral(node.argumentExpression)) {
    return node.argumentExpression.text
  }
  if (isBindingElement(node) && node.parent.kind === SyntaxKind.ObjectBindingPattern) {
    const name = node.propertyName ?? node.name
    return name && isIdentifier(name) ? name.text : undefined
  }
  return undefined
}

/** Whether the identifier names a member of something, so that it is no variable of its own. */
function isMemberName(node: Node): boolean {
  const { parent } = node
  if (isPropertyAccessExpression(parent)) return parent.name === node
  if (isQualifiedName(parent)) return parent.right === node
  if (isBindingElement(parent) || isImportSpecifier(parent)) return parent.propertyName === node
  const declares =
    isPropertyAssignment(parent) ||
    isPropertySignatureDeclaration(parent) ||
    isPropertyDeclaration(parent) ||
    isMethodDeclaration(parent) ||
    isMethodSignatureDeclaration(parent)
  return declares && parent.name === node
}

function reasonOfSyntax(node: Node, raw: string): string | undefined {
  if (node.kind === SyntaxKind.AsyncKeyword || node.kind === SyntaxKind.AwaitKeyword) return SYNCHRONOUS
  if (node.kind === SyntaxKind.AwaitExpression) return SYNCHRONOUS
  if (node.kind === SyntaxKind.MetaProperty) return `no ${raw}: ${ENVIRONMENT}`
  if (isForInStatement(node)) return "for...in also walks inherited keys: use for...of Object.keys(...)"
  if (isNumericLiteral(node) && /^(?!0x)[^n]*[.e]/i.test(raw)) return `${raw} is a float: write an integer`
  if (isBinaryExpression(node)) return OPERATORS.get(node.operatorToken.kind)
  if (isCallExpression(node) && node.arguments.length === 0) {
    const member = memberOf(node.expression)
    if (member === "sort" || member === "toSorted") return `.${member}() needs a comparator as its argument`
  }
  return undefined
}

function reasonOfRecursion(node: Node): string | undefined {
  if (!isCallExpression(node)) return undefined
  const { expression } = node
  const callsMethod =
    isPropertyAccessExpression(expression) && expression.expression.kind === SyntaxKind.ThisKeyword
  const name = callsMethod ? expression.name.text : isIdentifier(expression) ? expression.text : undefined
  for (let outer = node.parent; name && outer; outer = outer.parent) {
    const isFunction = callsMethod ? isMethodDeclaration(outer) : isNamedFunction(outer)
    if (isFunction && nameOf(outer) === name)
      return `${name} calls itself: the input decides the depth, use a loop`
  }
  return undefined
}

/** function name() {}, or const name = () => {}: a call within the initializer can only run in a closure. */
function isNamedFunction(node: Node): boolean {
  return isFunctionDeclaration(node) || isFunctionExpression(node) || isVariableDeclaration(node)
}

function nameOf(node: Node): string | undefined {
  const { name } = node as Node & { name?: Node }
  return name && isIdentifier(name) ? name.text : undefined
}
