import type { InboxMove, PatientClient } from "@aceso/client"
import { toHex } from "@aceso/core"
import { red } from "../columns.ts"
import { localTime } from "../output.ts"
import { byBeginning } from "./by-beginning.ts"

/** A move that waits for the patient, by the beginning of its id; `all` never means one. */
export async function findMove(
  client: PatientClient,
  id: string | undefined,
): Promise<InboxMove | undefined> {
  if (!id || id === "all") return undefined
  const open = (await client.moves.all()).filter(({ isOpen }) => isOpen)
  return byBeginning(open, (move) => toHex(move.id), id)
}

export const shownMove = ({ id, place, record, opening, ...rest }: InboxMove) => ({
  id: toHex(id).slice(0, 12),
  custodian: place.custodian,
  ...rest,
  recordId: opening && toHex(opening.recordId),
})

type Shown = ReturnType<typeof shownMove>

/** What the custodian says of a withdrawn record, in words. */
export function moveLine(move: Shown): string {
  const { id, custodian, role, resourceType, state, since } = move
  const what =
    role === "from"
      ? `a ${resourceType} in your log is somebody else's, says ${custodian}; it is withheld since ${localTime(since)}`
      : `a ${resourceType} at another patient of ${custodian} is yours, they say`
  return `  ${id}  ${what}. ${WORDS[state](move)}`
}

const WORDS: Readonly<Record<Shown["state"], (move: Shown) => string>> = {
  withheld: (move) => asked(move, "It is moved if both patients agree, or two administrators decide it."),
  approved: (move) =>
    asked(
      move,
      `Two administrators decided: it is moved at ${localTime(move.movesAt ?? 0)} unless you refuse.`,
    ),
  moving: () => "It is being moved.",
  moved: () => "It was moved.",
  returned: () => "It was returned: it is yours again.",
  cancelled: () => "It is yours after all.",
}

function asked({ id, isOpen, hasAgreed }: Shown, words: string): string {
  if (!isOpen) return "Nothing was decided yet."
  return hasAgreed
    ? `${words} You agreed.`
    : `${words} ${red(`aceso approve ${id}`)}, or aceso decline ${id}.`
}
