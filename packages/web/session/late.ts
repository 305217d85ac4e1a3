/** The same calls, answered later. */
export type Late<C> = {
  readonly [K in keyof C]: C[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never
}

type Call = (...args: readonly unknown[]) => unknown

/** What a session may have beside its calls: it loads those that its first page does without. */
interface WithRest {
  readonly rest?: () => Promise<object>
}

/** The call of this name, whose code may have to be loaded. @throws Error */
export async function callNamed(calls: object, name: string): Promise<Call> {
  const isOwn = (all: object) => name !== "rest" && Object.hasOwn(all, name)
  const all = isOwn(calls) ? calls : await (calls as WithRest).rest?.()
  if (!all || !isOwn(all)) throw new Error(`there is no call ${name}`)
  return (all as Readonly<Record<string, Call>>)[name]
}

/** Loads once; what could not be loaded is tried again. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined
  return () => {
    loaded ??= load()
    loaded.catch(() => {
      loaded = undefined
    })
    return loaded
  }
}
