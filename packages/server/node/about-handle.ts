import {
  type Bytes,
  encodeCbor,
  equalBytes,
  type Handle,
  type Infer,
  PlatformError,
  type rowsQuestion,
} from "@aceso/core"

/** These rows are of such tables, and about this handle of this custodian. @throws PlatformError `not_permitted` */
export function mustBeAbout(
  { table, keys }: Infer<typeof rowsQuestion>,
  member: string,
  handle: Handle,
  tables: readonly string[],
): void {
  const isOwn = (key: readonly Bytes[]) =>
    key.length >= 2 && equalBytes(key[0], encodeCbor(member)) && equalBytes(key[1], encodeCbor(handle))
  if (tables.includes(table) && keys.every(isOwn)) return
  throw new PlatformError("not_permitted", `these rows are not about this handle: ${tables.join(", ")} are`)
}
