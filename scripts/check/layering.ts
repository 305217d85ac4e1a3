import { isBuiltin } from "node:module"
import { dirname, join } from "node:path/posix"
import {
  isCallExpression,
  isExportDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isStringLiteral,
  isStringLiteralLikeNode,
  type Node,
  SyntaxKind,
} from "typescript/unstable/ast"
import { capabilityReasons, refusalOfCapabilities } from "./capability-layers.ts"
import { type Finding, findingAt, isTest, type Rule, walk } from "./source.ts"

/** Which packages a package may import; docs/architecture.md says why. `types`: only by `import type`. */
const ALLOWED: Record<string, { packages: string[]; types?: string[] }> = {
  core: { packages: [] },
  contracts: { packages: ["core"] },
  ledger: { packages: ["core"] },
  fhir: { packages: ["core"] },
  client: { packages: ["core"], types: ["contracts"] },
  server: { packages: ["core", "contracts", "ledger", "fhir", "client"] },
  cli: { packages: ["client", "core", "ledger", "server"] },
  web: { packages: ["client", "core"] },
  consortium: { packages: ["core", "contracts", "ledger", "fhir", "client", "server", "cli", "web"] },
}

type Import = { readonly node: Node; readonly specifier: string; readonly typeOnly: boolean }

export const layering: Rule = (source) => {
  const findings: Finding[] = []
  walk(source.ast, (node) => {
    const found = importOf(node)
    if (!found) return
    for (const message of reasons(source.path, found)) {
      findings.push(findingAt(source, node.getStart(source.ast), "layering", message))
    }
  })
  return findings
}

function reasons(path: string, found: Import): string[] {
  if (path.startsWith("capabilities/")) return capabilityReasons(path, found.specifier)
  const reasons = found.specifier.startsWith(".") ? relativeReasons(path, found) : packageReasons(path, found)
  const inBrowserCode =
    path.startsWith("packages/core/") && !isTest(path) && !/\/core\/platform\/[^/]*node[^/]*$/.test(path)
  if (inBrowserCode && (isBuiltin(found.specifier) || found.specifier === "sodium-native")) {
    reasons.push(
      `core runs in browsers too: import "${found.specifier}" only in packages/core/platform/*node*.ts`,
    )
  }
  return reasons
}

function relativeReasons(path: string, { specifier }: Import): string[] {
  const target = join(dirname(path), specifier)
  const inPackage = path.startsWith("packages/") && !isTest(path)
  if (inPackage && !path.includes("/consortium/") && isTest(target)) {
    return [`"${specifier}" is test code: move what production code needs of it into a file of its own`]
  }
  if (target.startsWith(`${unitOf(path)}/`)) return []
  if (inPackage || target.startsWith("packages/")) {
    return [`"${specifier}" leaves ${unitOf(path)}: import it as @aceso/<name>/<path>.ts`]
  }
  return []
}

function packageReasons(path: string, { specifier, typeOnly }: Import): string[] {
  const match = /^@aceso\/([^/]+)(\/.*)?$/.exec(specifier)
  if (!match) return []
  const [, target, file] = match
  if (target === "capabilities") {
    const refusal = refusalOfCapabilities(path)
    return refusal === undefined ? [] : [refusal]
  }
  if (!ALLOWED[target])
    return [`there is no package @aceso/${target}: see ALLOWED in scripts/check/layering.ts`]
  if (file && !/\.[jt]s$/.test(file))
    return [`write "${specifier}" with its extension: @aceso/<name>/<path>.ts`]
  if (!path.startsWith("packages/") || isTest(path)) return []

  const importer = path.split("/")[1]
  const allowed = ALLOWED[importer]
  if (!allowed) return [`packages/${importer} has no layer: add it to ALLOWED in scripts/check/layering.ts`]
  if (target === importer) return [`a package imports its own files by relative paths, not as "${specifier}"`]
  if (allowed.packages.includes(target)) return []
  if (allowed.types?.includes(target)) {
    return typeOnly ? [] : [`${importer} may import only types of ${target}: write \`import type\``]
  }
  const mayImport = allowed.packages.join(", ") || "no package of ours"
  return [
    `${importer} may not import ${target} (only ${mayImport}): move the code or hand it in as a parameter`,
  ]
}

/** packages/core/a/b.ts -> packages/core; bench/a.ts -> bench */
function unitOf(path: string): string {
  return path
    .split("/")
    .slice(0, path.startsWith("packages/") ? 2 : 1)
    .join("/")
}

export function importOf(node: Node): Import | undefined {
  if (isImportDeclaration(node) && isStringLiteral(node.moduleSpecifier)) {
    const typeOnly = node.importClause?.phaseModifier === SyntaxKind.TypeKeyword
    return { node, specifier: node.moduleSpecifier.text, typeOnly }
  }
  if (isExportDeclaration(node) && node.moduleSpecifier && isStringLiteral(node.moduleSpecifier)) {
    return { node, specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly }
  }
  if (isImportTypeNode(node) && isLiteralTypeNode(node.argument) && isStringLiteral(node.argument.literal)) {
    return { node, specifier: node.argument.literal.text, typeOnly: true }
  }
  if (isCallExpression(node) && node.arguments[0] && isStringLiteralLikeNode(node.arguments[0])) {
    const { expression } = node
    const imports = expression.kind === SyntaxKind.ImportKeyword
    const requires = isIdentifier(expression) && expression.text === "require"
    if (imports || requires) return { node, specifier: node.arguments[0].text, typeOnly: false }
  }
  return undefined
}
