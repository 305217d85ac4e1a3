import type { OwnHistoryPart } from "@aceso/client"

type Part = Omit<OwnHistoryPart, "steps">

/** Something of a custodian's records is not in what is shown: files say so by their names. */
export const isLacking = ({ state, left = 0 }: Pick<Part, "state" | "left">): boolean =>
  state !== "matches" || left > 0

/** All of a custodian's records are there, open, as it shows them now. */
export const isAllOfNow = ({ keptAt, closed, earlier, ...part }: Part): boolean =>
  !isLacking(part) && keptAt === undefined && closed === 0 && earlier === undefined
