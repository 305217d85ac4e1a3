import { type Handle, type MemberId, PlatformError } from "@aceso/core"
import type { StaffClient } from "./node-client.ts"

export type Place = { readonly custodian: MemberId; readonly handle: Handle }

/** Where a person is known; `own`: the handle here, where there is one. */
export interface Places {
  readonly places: readonly Place[]
  readonly own: Handle | null
  /** As a patient of this organisation. */
  readonly ownAlias: string | null
  /** The person is known here by a card or by consents, and not as a patient of this organisation. */
  readonly isVisitor: boolean
}

/** Of places elsewhere; one of them may be here. @param ownAlias as the node says */
export const placesWith = (
  member: MemberId,
  places: readonly Place[],
  ownAlias: string | null = null,
): Places => ({
  places,
  own: places.find(({ custodian }) => custodian === member)?.handle ?? null,
  ownAlias,
  isVisitor: ownAlias === null,
})

/** Of an alias of a visitor, or of an own patient. @throws PlatformError `unknown_patient` */
export async function placesOfAlias(client: StaffClient, member: MemberId, alias: string): Promise<Places> {
  const visitor = await client.visitor(alias)
  if (visitor) return placesWith(member, visitor.places, visitor.own ?? null)
  const known = await client.patient(alias)
  if (!known)
    throw new PlatformError(
      "unknown_patient",
      `nobody is called ${alias} here; see aceso patients and aceso visitors`,
    )
  return placesWith(member, [{ custodian: member, handle: known.handle }], alias)
}
