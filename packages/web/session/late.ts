type Method = (...args: never[]) => unknown
type Calls<C> = { readonly [K in keyof C]: Method }
/** The same calls, answered later. */
export type Late<C> = {
  readonly [K in keyof C]: C[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never
}

/**
 * Calls whose code is loaded when the first of them is asked for: not everything that a session can do is waited for
 * until the first page is there.
 * @param names all of them; one that is missing is an error of types
 */
export function late<C extends Calls<C>>(
  names: { readonly [K in keyof C]: true },
  load: () => Promise<C>,
): Late<C> {
  let loaded: Promise<C> | undefined
  const calls = () => {
    loaded ??= load()
    // What could not be loaded is tried again.
    loaded.catch(() => {
      loaded = undefined
    })
    return loaded
  }
  const call =
    (name: string) =>
    async (...args: never[]) =>
      (await calls())[name as keyof C](...args)
  return Object.fromEntries(Object.keys(names).map((name) => [name, call(name)])) as unknown as Late<C>
}
