import { visibleAll } from "@aceso/core/display/visible.ts"

type Call = (...args: never[]) => unknown

/**
 * Calls whose answers have what other organisations wrote, such as their names: each text comes to the page as `visible`
 * shows it, so that none turns, hides or widens what stands beside it.
 */
export function visibleCalls<C extends Readonly<Record<keyof C, Call>>>(
  calls: C,
): { readonly [K in keyof C]: (...args: Parameters<C[K]>) => Promise<Awaited<ReturnType<C[K]>>> } {
  const wrapped = Object.entries<Call>(calls).map(([name, call]) => [
    name,
    async (...args: never[]) => visibleAll(await call(...args)),
  ])
  return Object.fromEntries(wrapped)
}
