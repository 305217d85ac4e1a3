import { isClinicalRole, isDeskRole, maySearch, type StaffClient, usualPurpose } from "@aceso/client"
import { abilitiesOf, type MemberKind, type Purpose } from "@aceso/core"

/** Who works here, and where. */
export interface MeShown {
  readonly name: string
  readonly member: string
  /** As the own node proves it; absent: somebody without one is not in its directory. */
  readonly role?: string
  readonly isAdministrator: boolean
  readonly mayWrite: boolean
  /** Registers people, and lets their devices join. */
  readonly mayServeDesk: boolean
  /** Looks people up; whoever does not sees what people show to the organisation, and nothing else. */
  readonly maySearch: boolean
  /** What somebody of this role reads for, as a rule. */
  readonly usualPurpose: Purpose
  /** The organisation has patients of its own. */
  readonly keepsRecords: boolean
  /** Of the organisation, such as `authority`; absent: it is no member yet. */
  readonly kind?: string
  /** What organisations are called, by member. */
  readonly names: Readonly<Record<string, string>>
}

/** By which somebody works here now, asked anew. @throws PlatformError `not_permitted`: by nothing */
export async function rightsOf(client: StaffClient): Promise<Pick<MeShown, "role" | "isAdministrator">> {
  const { role, isAdministrator } = await client.people.me()
  return { isAdministrator, ...(role !== undefined && { role }) }
}

export async function meOf(client: StaffClient, member: string): Promise<MeShown> {
  const [{ name, role, isAdministrator }, members] = await Promise.all([client.people.me(), client.members()])
  const kind = members.find((one) => one.member === member)?.kind
  return {
    ...{ name, member, isAdministrator },
    ...(role !== undefined && { role }),
    mayServeDesk: isAdministrator || (role !== undefined && isDeskRole(role)),
    mayWrite: role !== undefined && isClinicalRole(role),
    maySearch: maySearch(role),
    usualPurpose: usualPurpose(role),
    ...(kind !== undefined && { kind }),
    keepsRecords: kind !== undefined && abilitiesOf(kind as MemberKind).includes("keepsRecords"),
    names: Object.fromEntries(members.map((one) => [one.member, one.name])),
  }
}
