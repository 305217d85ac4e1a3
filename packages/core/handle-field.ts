import { toHex } from "./bytes.ts"
import { orUndefined } from "./errors.ts"
import { type Handle, handle, type MemberId, memberId } from "./ids.ts"

/**
 * The HTTP field of a patient's request that names the handle whose key signs it. It is not signed itself: it only
 * leads a node to the row that the signing key has to stand in, before a body is read.
 */
export const HANDLE_FIELD = "aceso-handle"

export interface HandlePlace {
  readonly custodian: MemberId
  readonly handle: Handle
}

export const handleField = (place: HandlePlace): string => `${place.custodian}/${toHex(place.handle)}`

/** Undefined unless the field names one custodian and one handle. */
export function readHandleField(field: string): HandlePlace | undefined {
  const [custodian, hex, ...more] = field.split("/")
  if (more.length > 0) return undefined
  return orUndefined(["bad_input"], () => ({
    custodian: memberId.parse(custodian, HANDLE_FIELD),
    handle: handle.parse(hex, HANDLE_FIELD, "json"),
  }))
}
