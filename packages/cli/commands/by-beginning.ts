import { UsageError } from "../session.ts"

/** What has an id that begins so; of several none is meant. @throws UsageError */
export function byBeginning<T>(
  all: readonly T[],
  idOf: (one: T) => string,
  beginning: string,
): T | undefined {
  const found = all.filter((one) => idOf(one).startsWith(beginning))
  if (found.length > 1)
    throw new UsageError(
      `${beginning} is the beginning of ${found.length} ids: ${found
        .slice(0, 5)
        .map((one) => idOf(one).slice(0, 12))
        .join(", ")}${found.length > 5 ? ", ..." : ""}; write more of the one that you mean`,
    )
  return found[0]
}
