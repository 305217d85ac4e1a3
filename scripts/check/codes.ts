import {
  isCallExpression,
  isConditionalExpression,
  isIdentifier,
  isNewExpression,
  isStringLiteral,
  type Node,
} from "typescript/unstable/ast"
import { findInTree, isProduct, isTest, type Rule } from "./source.ts"

const TITLE = "## Faults and what to do"

/** The codes that stand in the first column of the table of faults. */
export function codesIn(documentation: string): ReadonlySet<string> {
  const section = documentation.split(`\n${TITLE}\n`)[1]?.split("\n## ")[0] ?? ""
  const cells = section.split("\n").flatMap((line) => /^\| (.*?) \|/.exec(line)?.[1] ?? [])
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([a-z][a-z0-9_]*)`/g)].map(([, code]) => code)))
}

/** Whoever meets the code of a fault, or of a contract's rejection, finds there what to do. */
export const codes =
  (known: ReadonlySet<string>): Rule =>
  (source) => {
    if (!isProduct(source.path) || isTest(source.path) || /\/testing\//.test(source.path)) return []
    return findInTree(source, "code", (node) => {
      const missing = codesOf(node).filter((code) => !known.has(code))
      return missing.length === 0
        ? undefined
        : `${missing.join(", ")}: add a row to "${TITLE.slice(3)}" in docs/operations.md`
    })
  }

function codesOf(node: Node): string[] {
  const isFault =
    isNewExpression(node) && isIdentifier(node.expression) && node.expression.text === "PlatformError"
  const isRejection =
    isCallExpression(node) && isIdentifier(node.expression) && node.expression.text === "reject"
  if (!isFault && !isRejection) return []
  const [code] = node.arguments ?? []
  return code ? literals(code) : []
}

/** Of `isA ? "a" : "b"` both, not what is compared in the condition. */
function literals(node: Node): string[] {
  if (isStringLiteral(node)) return [node.text]
  if (!isConditionalExpression(node)) return []
  return [...literals(node.whenTrue), ...literals(node.whenFalse)]
}
