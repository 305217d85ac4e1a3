type Joined<P extends readonly object[]> = P extends readonly [infer A, ...infer R extends readonly object[]]
  ? A & Joined<R>
  : unknown

/** Calls of several subjects as one table. @throws Error where two have one name, of which one would win silently */
export function together<const P extends readonly object[]>(...parts: P): Joined<P> {
  const all: Record<string, unknown> = {}
  for (const part of parts)
    for (const [name, call] of Object.entries(part)) {
      if (Object.hasOwn(all, name)) throw new Error(`two subjects of a session have a call ${name}`)
      all[name] = call
    }
  return all as Joined<P>
}
