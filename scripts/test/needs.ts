/** What a test file may need that npm cannot bring; scripts/test/tools.ts finds and installs it. */
export const TOOL_NAMES = [
  "strace",
  "chromium",
  "postgresql",
  "cometbft",
  "aceso-cometbft",
  "stock-cometbft",
  "debootstrap",
  "systemd-analyze",
  "skopeo",
  "shared-data",
] as const
export type ToolName = (typeof TOOL_NAMES)[number]

const LINES_SEARCHED = 20

/** Reads `// needs: cometbft strace` near the top of a test file. */
export function parseNeeds(text: string): { needs: ToolName[]; unknown: string[] } {
  const top = text.split("\n").slice(0, LINES_SEARCHED)
  const names = top.flatMap(
    (line) =>
      /^\/\/ needs:(.*)$/
        .exec(line)?.[1]
        .split(/[\s,]+/)
        .filter(Boolean) ?? [],
  )
  const isTool = (name: string): name is ToolName => TOOL_NAMES.some((tool) => tool === name)
  return {
    needs: [...new Set(names.filter(isTool))],
    unknown: names.filter((name) => !isTool(name)),
  }
}

export type Plan = {
  readonly run: readonly string[]
  readonly skip: readonly { readonly path: string; readonly reason: string }[]
  readonly fail: readonly { readonly path: string; readonly reason: string }[]
}

/**
 * Decides what becomes of each test file. A missing tool is a reason to skip, and under CI to fail: there it
 * could have been installed. The shared data cannot, so they never fail a run.
 */
export function plan(
  files: readonly { readonly path: string; readonly text: string }[],
  missing: ReadonlyMap<ToolName, string>,
  { ci }: { readonly ci: boolean },
): Plan {
  const run: string[] = []
  const skip: { path: string; reason: string }[] = []
  const fail: { path: string; reason: string }[] = []
  for (const { path, text } of files) {
    const { needs, unknown } = parseNeeds(text)
    const lacking = needs.filter((name) => missing.has(name))
    const reason = lacking.map((name) => `needs ${name}: ${missing.get(name)}`).join("; ")
    if (unknown.length > 0) {
      fail.push({
        path,
        reason: `\`// needs:\` names ${unknown.join(", ")}: write some of ${TOOL_NAMES.join(", ")}`,
      })
    } else if (lacking.length === 0) run.push(path)
    else if (ci && !lacking.includes("shared-data")) fail.push({ path, reason })
    else skip.push({ path, reason })
  }
  return { run, skip, fail }
}
