import type { ShownConsent } from "../../../session/patient/access.ts"

/** One decision of the person, at every place at which it stands. */
export interface Decision {
  /** What is the same everywhere. */
  readonly one: ShownConsent
  readonly all: readonly ShownConsent[]
}

/** Signed within so long with the same words: one decision. */
const TOGETHER_MS = 10 * 60_000

/** Consents as decisions, each of which may stand at several custodians; the newest first. */
export function decisionsOf(consents: readonly ShownConsent[]): Decision[] {
  const found: ShownConsent[][] = []
  const sameWords = ({
    id: _id,
    place: _place,
    custodian: _custodian,
    signedAt: _signedAt,
    ...words
  }: ShownConsent) => JSON.stringify(words)
  for (const consent of [...consents].sort((a, b) => (b.signedAt ?? 0) - (a.signedAt ?? 0))) {
    const group = found.find(
      ([first, ...rest]) =>
        sameWords(first) === sameWords(consent) &&
        Math.abs((first.signedAt ?? 0) - (consent.signedAt ?? 0)) <= TOGETHER_MS &&
        ![first, ...rest].some(({ place }) => place === consent.place),
    )
    if (group) group.push(consent)
    else found.push([consent])
  }
  return found.map((all) => ({ one: all[0], all }))
}
