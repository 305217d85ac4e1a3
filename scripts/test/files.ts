import { globSync, readFileSync } from "node:fs"

export interface TestFile {
  readonly path: string
  readonly text: string
}

/** All test files, by path. */
export const testFiles = (): TestFile[] =>
  globSync("{packages,capabilities,scripts,conformance,bench}/**/*.test.ts", {
    exclude: (path) => /(^|\/)node_modules(\/|$)/.test(path),
  })
    .sort()
    .map((path) => ({ path, text: readFileSync(path, "utf8") }))

/** What a suite imports, or starts, that runs nodes: engines with processes of their own, or whole organisations. */
const STARTS_NODES =
  /\b(freePorts|Cluster|DemoNetwork|openStory|cometSuite)\b|\/testing\/(aceso|story|comet-suite|comet-chain|until-ready|checkpoint-nodes|seeded-node)\.ts|consortium\/main\.ts/

export const startsNodes = ({ text }: TestFile): boolean => STARTS_NODES.test(text)
