import { type MoveAnswer, type MoveShown, moveAnswer, movesAnswer } from "@aceso/client"
import { red } from "../columns.ts"
import { command } from "../command.ts"
import { localTime } from "../output.ts"
import { toldLine } from "./patients-same.ts"
import { ALIAS, MOVE, moveIdOf, numberOf, REASON, reasonOf } from "./patients-words.ts"

/** Bytes as hexadecimal text. */
const plain = (answer: MoveAnswer) => moveAnswer.toJson(answer) as unknown as MoveAnswer

/** Records that stand at the wrong patient. */
export const moveCommands = {
  misfiled: command({
    summary: "a record stands at the wrong patient: withholds it at once, and proposes whose it is",
    arguments: [
      ALIAS,
      { name: "Type/id|record id", words: "such as Observation/77, or as aceso history --ids shows it" },
    ],
    options: {
      reason: REASON,
      "belongs-to": { type: "string", words: "whose record it is, where that is known", value: "<alias>" },
    },
    example: 'aceso patients misfiled patient-3 Observation/77 --belongs-to patient-9 --reason "wrong label"',
    async run(session, { positionals: [alias, record], values }) {
      const belongsTo = values["belongs-to"] === undefined ? null : String(values["belongs-to"])
      return plain(await session.staff().client.joins.misfiled(alias, record, reasonOf(values), belongsTo))
    },
    print: said,
  }),
  moves: command({
    summary: "the records that are withheld or moved, and what waits for whom",
    options: {
      all: { type: "boolean", words: "also those that are done" },
      before: { type: "string", words: "the page after the one that ended with this number", value: "<n>" },
    },
    example: "aceso patients moves --all",
    async run(session, { values }) {
      const page = { all: values.all === true, before: numberOf(values.before, "--before") }
      const moves = await session.staff().client.joins.moves(page)
      return movesAnswer.toJson({ moves }) as unknown as { moves: MoveShown[] }
    },
    print: ({ moves }) => (moves.length === 0 ? "  (none)" : moves.map(moveLines).join("\n")),
  }),
  "approve-move": command({
    summary: "a second administrator's yes to a move, or to taking it back",
    arguments: [MOVE],
    example: "aceso patients approve-move 4be1",
    run: async (session, { positionals: [id] }) =>
      plain(await session.staff().client.joins.approveMove(moveIdOf(id))),
    print: said,
  }),
  "stop-move": command({
    summary: "a no to a move that is not done yet; the record stays withheld",
    arguments: [MOVE],
    options: { reason: REASON },
    example: 'aceso patients stop-move 4be1 --reason "the patient objects"',
    run: async (session, { positionals: [id], values }) =>
      plain(await session.staff().client.joins.stopMove(moveIdOf(id), reasonOf(values))),
    print: said,
  }),
  return: command({
    summary: "the way back: a record is the patient's from whom it was withheld or moved after all",
    arguments: [MOVE],
    options: { reason: REASON },
    example: 'aceso patients return 4be1 --reason "the label was right"',
    run: async (session, { positionals: [id], values }) =>
      plain(await session.staff().client.joins.returnMove(moveIdOf(id), reasonOf(values))),
    print: said,
  }),
  told: command({
    summary: "a patient without a device was told of a move at the desk",
    arguments: [MOVE, ALIAS],
    example: "aceso patients told 4be1 patient-9",
    run: async (session, { positionals: [id, alias] }) =>
      plain(await session.staff().client.joins.told(moveIdOf(id), alias)),
    print: said,
  }),
}

function said({ move, told }: MoveAnswer): string {
  return [moveLines(move), ...told.map(toldLine)].join("\n")
}

function moveLines(move: MoveShown): string {
  const { id, alias, resourceType, fhirId, reason, since, proposal, belongsTo, toTell } = move
  const lines = [
    `  ${String(id).slice(0, 12)}  ${resourceType}/${fhirId} of ${alias}: ${state(move)} since ${localTime(since)}: ${reason}`,
  ]
  if (proposal?.kind === "move")
    lines.push(
      `    to ${belongsTo}: approved by ${proposal.approvals.join(", ")}${proposal.agreed.length > 0 ? `; agreed: ${proposal.agreed.join(", ")}` : ""}`,
    )
  if (proposal?.kind === "cancel")
    lines.push(`    said to be ${alias}'s after all: approved by ${proposal.approvals.join(", ")}`)
  if (toTell.length > 0)
    lines.push(red(`    to be told at the desk: ${toTell.join(", ")} (then aceso patients told)`))
  return lines.join("\n")
}

function state({ state, belongsTo, dueAt }: MoveShown): string {
  if (state === "approved")
    return `to be moved to ${belongsTo} at ${localTime(dueAt ?? 0)} unless one of them objects;`
  if (state === "moving" || state === "moved") return `${state} to ${belongsTo}; withheld here`
  return state
}
