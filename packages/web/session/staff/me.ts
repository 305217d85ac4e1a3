import type { StaffClient } from "@aceso/client"
import { PlatformError } from "@aceso/core"

/** Who works here. The role is what the own node proves; somebody without one is not in its directory. */
export async function meOf(client: StaffClient, name: string, member: string) {
  const role = await roleOf(client)
  return { name, member, ...(role !== undefined && { role }) }
}

async function roleOf(client: StaffClient): Promise<string | undefined> {
  try {
    return (await client.proof()).practitioner.role
  } catch (error) {
    if (error instanceof PlatformError && error.code === "not_a_practitioner") return undefined
    throw error
  }
}
