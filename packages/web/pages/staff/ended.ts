/** `ended`: this device works here no more, or not now; `changed`: by other rights than those by which its pages were opened. */
export type WhyEnded = "ended" | "changed"

const KEPT = "aceso-ended"

/** For this page once it has begun anew. */
export const keepEnded = (why: WhyEnded): void => sessionStorage.setItem(KEPT, why)

/** Why this page was left before, told once. */
export function takeEnded(): WhyEnded | undefined {
  const kept = sessionStorage.getItem(KEPT)
  sessionStorage.removeItem(KEPT)
  return kept === "ended" || kept === "changed" ? kept : undefined
}
