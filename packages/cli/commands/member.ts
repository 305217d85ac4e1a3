import { PublicClient } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import { meant } from "../meant.ts"

/** Where an organisation is reached. @throws PlatformError `unknown_member`, with the nearest name */
export async function memberUrl(nodeUrl: string, member: string): Promise<string> {
  const client = new PublicClient(nodeUrl)
  const known = (await client.members()).map((one) => one.member)
  if (known.includes(member)) return client.urlOf(member)
  throw new PlatformError("unknown_member", unknownMember(member, known))
}

export function unknownMember(given: string, known: readonly string[]): string {
  const close = meant(given, known)
  return `${given} is no member of this network${close === undefined ? `; members are ${known.slice(0, 20).join(", ")}` : `; did you mean ${close}?`}`
}
