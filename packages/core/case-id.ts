import type { Bytes } from "./bytes.ts"
import { domainHash, type Hash } from "./hash.ts"
import type { MemberId, PublicKey } from "./ids.ts"

/**
 * The id of a case (CAPABILITIES.md, Cases): random, and of one minute. A case is opened in its minute or within the time
 * that an envelope may live of it, so no id can be used again once its case is forgotten.
 * It names who opens, so that nobody who sees an opening on its way can take its id.
 * @param minute since 1970, UTC @param opener the member, or the case key @param random 32 fresh bytes
 */
export const caseId = (minute: number, opener: MemberId | PublicKey, random: Bytes): Hash =>
  domainHash("case-id", minute, opener, random)
