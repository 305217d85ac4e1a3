import type { StaffClient } from "@aceso/client"
import { visibleAll } from "@aceso/core/display/index.ts"

/** An organisation that was shown something of one patient as another's, and is told. */
export interface Told {
  readonly organisation: string
  readonly alias: string
  readonly releases: number
  readonly first: number
  readonly last: number
}
/** Who is whom, as administrators decide it. Patients are named by alias. */
export const identityCalls = ({ joins }: StaffClient) => ({
  /** @throws PlatformError `already_joined`, `too_many_joined`, `not_permitted` */
  decideSame: async (a: string, b: string, reason: string): Promise<void> => {
    await joins.same(a, b, reason)
  },
  /** Two people; joined ones are parted. @returns who is told @throws PlatformError `not_joined`, `not_permitted` */
  decideApart: async (a: string, b: string, reason: string): Promise<readonly Told[]> => {
    const { told } = await joins.apart(a, b, reason)
    return visibleAll(told.map((one) => ({ ...one, organisation: String(one.organisation) })))
  },
  /** What was decided of a patient, and what was taken back. */
  decisionsOf: async (alias: string) => visibleAll(await joins.joins(alias)),
})
