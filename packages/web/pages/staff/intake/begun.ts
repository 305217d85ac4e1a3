/** What is kept in the tab of an import that has begun: names and sizes of its files, and how far it is; no content. */
export interface Begun {
  /** Who began it, and where they work. */
  readonly who: string
  readonly source: string
  /** Name and size of each. */
  readonly files: readonly (readonly [name: string, sizeBytes: number])[]
}
/** How far it was when this was kept. */
export interface Reached {
  readonly done: number
  readonly resources: number
}

const BEGUN = "aceso-import"
const REACHED = "aceso-import-reached"

export function keepBegun(begun: Begun): void {
  keepReached({ done: 0, resources: 0 })
  keep(BEGUN, begun)
}
export const keepReached = (reached: Reached): void => keep(REACHED, reached)

/** Whoever has more than the tab keeps goes on without. */
function keep(name: string, value: Begun | Reached): void {
  try {
    sessionStorage.setItem(name, JSON.stringify(value))
  } catch {
    sessionStorage.removeItem(name)
  }
}

export function forgetBegun(): void {
  sessionStorage.removeItem(BEGUN)
  sessionStorage.removeItem(REACHED)
}

/** The import that ended before its end; undefined: none of this person's. */
export function begunBefore(who: string): (Begun & Reached) | undefined {
  const [begun, reached] = [BEGUN, REACHED].map(kept) as [
    Partial<Begun> | undefined,
    Partial<Reached> | undefined,
  ]
  if (begun?.who !== who || typeof begun.source !== "string" || !Array.isArray(begun.files)) return undefined
  const { done = 0, resources = 0 } = reached ?? {}
  return { who, source: begun.source, files: begun.files, done, resources }
}

function kept(name: string): object | undefined {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(name) ?? "null")
    return typeof found === "object" && found !== null ? found : undefined
  } catch {
    return undefined
  }
}

/** How many of the files of an import are not among others. */
export function missingOf(
  { files }: Pick<Begun, "files">,
  given: readonly { readonly name: string; readonly file: { readonly size: number } }[],
): number {
  const here = new Map<string, number>()
  const nameOf = (name: string, size: number) => `${size} ${name}`
  for (const { name, file } of given) {
    const one = nameOf(name, file.size)
    here.set(one, (here.get(one) ?? 0) + 1)
  }
  let missing = 0
  for (const [name, size] of files) {
    const left = here.get(nameOf(name, size)) ?? 0
    if (left === 0) missing++
    else here.set(nameOf(name, size), left - 1)
  }
  return missing
}
