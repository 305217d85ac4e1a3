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

/** Long suites, for `npm run test:full`. */
const FULL = /\/full\/[^/]+\.test\.ts$/

/**
 * Which of them run.
 * @param filters parts of paths; none: all of the kind
 * @param isFull the long ones alone; otherwise those run that a filter names
 * @returns long ones that were left out beside
 */
export function chosenFiles(all: readonly TestFile[], filters: readonly string[], isFull: boolean) {
  const isNamed = ({ path }: TestFile) => filters.some((filter) => path.includes(filter))
  const fits = (file: TestFile) => filters.length === 0 || isNamed(file)
  const isLong = ({ path }: TestFile) => FULL.test(path)
  const files = all.filter((file) =>
    isFull ? isLong(file) && fits(file) : fits(file) && (!isLong(file) || isNamed(file)),
  )
  const left = isFull || filters.length > 0 ? [] : all.filter(isLong)
  return { files, left }
}

/** What a suite imports, or starts, that runs nodes: engines with processes of their own, or whole organisations. */
const STARTS_NODES =
  /\b(freePorts|Cluster|DemoNetwork|openStory|cometSuite)\b|\/testing\/(aceso|story|comet-suite|comet-chain|until-ready|checkpoint-nodes|seeded-node)\.ts|consortium\/main\.ts/

export const startsNodes = ({ text }: TestFile): boolean => STARTS_NODES.test(text)
