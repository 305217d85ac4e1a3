import { readdirSync, readFileSync } from "node:fs"

/**
 * The rejection codes that each action can return, read from the sources: every snake_case text in the
 * action's own declaration and in whatever declarations it names, also those of core's callers and of governance.
 */
export function codesByAction(contract: string): Readonly<Record<string, ReadonlySet<string>>> {
  const own = source(contract)
  const declarations = new Map([
    ...declarationsOf(readFileSync(CALLERS, "utf8")),
    ...declarationsOf(source("governance")),
    ...declarationsOf(own),
  ])
  const actions = /\n {2,4}actions: \{([^}]*)\}/.exec(own)?.[1] ?? ""
  return Object.fromEntries(
    actions
      .split(",")
      .map((part) => part.trim())
      .filter(Boolean)
      .map((part) => {
        const [name, value = name] = part.split(":").map((side) => side.trim())
        return [name, codesIn(value, declarations)]
      }),
  )
}

const CALLERS = new URL("../../core/callers.ts", import.meta.url)

/** All files of the contract's newest version. */
function source(contract: string): string {
  const folder = new URL(`../${contract}/`, import.meta.url)
  const newest = readdirSync(folder).sort().at(-1) as string
  return readdirSync(new URL(`${newest}/`, folder))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => readFileSync(new URL(`${newest}/${file}`, folder), "utf8"))
    .join("\n")
}

function declarationsOf(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const part of text.split(/\n(?=\S)/)) {
    const name = /^(?:export )?(?:const|function) (\w+)/.exec(part)?.[1]
    if (name) found.set(name, part)
    else if (found.size > 0 && /^[)}]/.test(part)) {
      // the end of the declaration before, such as the parameters of a function that are longer than a line
      const last = [...found.keys()].at(-1) as string
      found.set(last, `${found.get(last)}\n${part}`)
    }
  }
  return found
}

function codesIn(start: string, declarations: ReadonlyMap<string, string>): ReadonlySet<string> {
  const codes = new Set<string>()
  const seen = new Set<string>()
  const open = [...start.matchAll(/\w+/g)].map(([name]) => name)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const body = declarations.get(name)
    if (body === undefined) continue
    // Why a key does not speak for its member, the executor is told by governance.
    if (name === "memberOf") open.push("signerOf")
    // A refusal that only skips, or is accepted without effect, is no answer; types repeat what the code says;
    // what a row may hold is no code.
    const text = body
      .replace(/if \(\w+\(.*\)\)\s+(?:continue|return accept\b)/g, "")
      .replace(/Rejected<[^>]*>/g, "")
      .replace(/oneOf\([^)]*\)/g, "")
      .replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "")
    for (const [, code] of text.matchAll(/reject\("([^"]+)"\)/g)) codes.add(code)
    for (const [, code] of text.matchAll(/"([a-z]+(?:_[a-z]+)+)"/g)) codes.add(code)
    // byMember() of any kind permits all kinds.
    if (/byMember\(\)/.test(text)) {
      for (const code of codesIn("byMember", declarations)) if (code !== "not_permitted") codes.add(code)
      seen.add("byMember")
    }
    open.push(...[...text.replace(/"[^"\n]*"/g, "").matchAll(/\w+/g)].map(([word]) => word))
  }
  return codes
}
