import { isClinicalRole, type StaffClient } from "@aceso/client"
import { abilitiesOf, type MemberKind, PlatformError } from "@aceso/core"

/** Who works here, and where. */
export interface MeShown {
  readonly name: string
  readonly member: string
  /** As the own node proves it; absent: somebody without one is not in its directory. */
  readonly role?: string
  readonly mayWrite: boolean
  /** The organisation has patients of its own. */
  readonly keepsRecords: boolean
  /** What organisations are called, by member. */
  readonly names: Readonly<Record<string, string>>
}

export async function meOf(client: StaffClient, name: string, member: string): Promise<MeShown> {
  const [role, members] = await Promise.all([roleOf(client), client.members()])
  const kind = members.find((one) => one.member === member)?.kind
  return {
    ...{ name, member },
    ...(role !== undefined && { role }),
    mayWrite: role !== undefined && isClinicalRole(role),
    keepsRecords: kind !== undefined && abilitiesOf(kind as MemberKind).includes("keepsRecords"),
    names: Object.fromEntries(members.map((one) => [one.member, one.name])),
  }
}

async function roleOf(client: StaffClient): Promise<string | undefined> {
  try {
    return (await client.proof()).practitioner.role
  } catch (error) {
    if (error instanceof PlatformError && error.code === "not_a_practitioner") return undefined
    throw error
  }
}
