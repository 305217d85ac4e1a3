import type { Write } from "@aceso/core"
import type { Change } from "../governance/v1/governance.ts"

/** Changes that governance refuses: at once in `propose`, without effect when a ballot passed them before. */
export interface Refused {
  readonly rejection: string
  readonly comment: string
  readonly changes: readonly Change[]
  readonly given?: readonly Write[]
  readonly height?: number
}

/** A change that lacks one of its fields. */
export const without = (change: Change, name: keyof Change): Change => {
  const { [name]: _, ...rest } = change
  return rest as Change
}
export const refused = (
  rejection: string,
  comment: string,
  changes: Change | readonly Change[],
  more: Pick<Refused, "given" | "height"> = {},
): Refused => ({ rejection, comment, changes: "do" in changes ? [changes] : changes, ...more })
