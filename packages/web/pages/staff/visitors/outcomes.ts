/** How a request stands at one organisation. */
export type Standing = "permitted" | "pending" | "answered" | "failed"

export const KINDS = { permitted: "good", pending: "warn", answered: "plain", failed: "bad" } as const

/** A request whose patient has decided is refused as one without a consent (`server/exchange/waiting-requests.ts`). */
export const stateOf = ({ outcome, code }: { readonly outcome: string; readonly code: string }): Standing =>
  outcome === "failed" && code === "policy_missing" ? "answered" : (outcome as Standing)
