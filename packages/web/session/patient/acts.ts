import type { KeptDelegation, KeptPlaces } from "@aceso/client"
import { toHex } from "@aceso/core/bytes.ts"
import type { ActsFor } from "../protocol.ts"

export const actsAs = ({ custodian, handle }: Pick<KeptDelegation, "custodian" | "handle">): string =>
  `${custodian}/${toHex(handle)}`
/** For whom somebody acts, as pages know it. */
export const actsForOf = ({ delegations = [] }: KeptPlaces): ActsFor[] =>
  delegations.map((one) => ({ name: actsAs(one), person: one.person, custodian: one.custodian }))
