import type { InboxMove, PatientClient } from "@aceso/client"
import { toHex } from "@aceso/core"
import { inLanguage, moveStates } from "@aceso/core/display/index.ts"
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
  const { id, custodian, role, resourceType, since } = move
  const what =
    role === "from"
      ? `a ${resourceType} in your log is somebody else's, says ${custodian}; it is withheld since ${localTime(since)}`
      : `a ${resourceType} at another patient of ${custodian} is yours, they say`
  return `  ${id}  ${what}. ${stateWords(move)}`
}

const WORDS = inLanguage(moveStates, "en")

function stateWords(move: Shown): string {
  const words = WORDS[move.state].replace("{time}", localTime(move.movesAt ?? 0))
  return move.state === "withheld" || move.state === "approved" ? asked(move, words) : words
}

function asked({ id, isOpen, hasAgreed }: Shown, words: string): string {
  if (!isOpen) return "Nothing was decided yet."
  return hasAgreed
    ? `${words} You agreed.`
    : `${words} ${red(`aceso approve ${id}`)}, or aceso decline ${id}.`
}
