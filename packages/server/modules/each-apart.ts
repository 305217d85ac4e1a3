/**
 * Work on each of many, by itself: what stands in the way of one holds up no other.
 * @throws what stood in the way of the first one, once all were tried
 */
export async function eachApart<T>(all: Iterable<T>, work: (one: T) => Promise<unknown>): Promise<void> {
  let fault: { readonly error: unknown } | undefined
  for (const one of all)
    try {
      await work(one)
    } catch (error) {
      fault ??= { error }
    }
  if (fault) throw fault.error
}
