import { readFileSync } from "node:fs"
import { join } from "node:path"

const root = new URL("../../..", import.meta.url).pathname

/**
 * The commands that a page of the documentation tells an operator to type: the lines of its block "```sh <name>", with
 * the page's example paths and names in place of which a test has its own.
 * @throws Error when the page has no such block, or the block none of the words
 */
export function pageCommands(page: string, name: string, words: Readonly<Record<string, string>>): string[] {
  const text = readFileSync(join(root, page), "utf8")
  const block = text.split(`\n\`\`\`sh ${name}\n`)[1]?.split("\n```")[0]
  if (block === undefined) throw new Error(`${page} has no block of commands called ${name}`)
  const lines = block.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
  // Longer ones first: one example may be the beginning of another.
  const examples = Object.entries(words).sort(([a], [b]) => b.length - a.length)
  return lines.map((line) => {
    let typed = line
    for (const [i, [example]] of examples.entries()) typed = typed.replaceAll(example, `\0${i}\0`)
    return typed.replace(/\0(\d+)\0/g, (_, i) => examples[Number(i)][1])
  })
}
