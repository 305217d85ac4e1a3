import { type MoveAnswer, type MoveShown, moveAnswer, movesAnswer } from "@aceso/client"
import { day, red } from "../output.ts"
import { toldLine } from "./patients-same.ts"
import { moveIdOf, numberOf, patientsCommand, reasonOf, wordsOf } from "./patients-words.ts"

/** Bytes as hexadecimal text. */
const plain = (answer: MoveAnswer) => moveAnswer.toJson(answer) as unknown as MoveAnswer
const MISFILED = "<alias> <Type/id|record id> [--belongs-to <alias>] --reason <text>"
const REASONED = "<id> --reason <text>"

/** Records that stand at the wrong patient. */
export const moveCommands = {
  misfiled: patientsCommand({
    takes: MISFILED,
    async run(session, words, { values }) {
      const [alias, record] = wordsOf(words, 2, `misfiled ${MISFILED}`)
      const belongsTo = values["belongs-to"] === undefined ? null : String(values["belongs-to"])
      return plain(await session.staff().client.joins.misfiled(alias, record, reasonOf(values), belongsTo))
    },
    print: said,
  }),
  moves: patientsCommand({
    takes: "[--all] [--before <n>]",
    async run(session, words, { values }) {
      wordsOf(words, 0, "moves [--all] [--before <n>]")
      const page = { all: values.all === true, before: numberOf(values.before, "--before") }
      const moves = await session.staff().client.joins.moves(page)
      return movesAnswer.toJson({ moves }) as unknown as { moves: MoveShown[] }
    },
    print: ({ moves }) => (moves.length === 0 ? "  (none)" : moves.map(moveLines).join("\n")),
  }),
  "approve-move": patientsCommand({
    takes: "<id>",
    run: async (session, words) =>
      plain(await session.staff().client.joins.approveMove(moveIdOf(words, "approve-move <id>"))),
    print: said,
  }),
  "stop-move": patientsCommand({
    takes: REASONED,
    async run(session, words, { values }) {
      const id = moveIdOf(words, `stop-move ${REASONED}`)
      return plain(await session.staff().client.joins.stopMove(id, reasonOf(values)))
    },
    print: said,
  }),
  return: patientsCommand({
    takes: REASONED,
    async run(session, words, { values }) {
      const id = moveIdOf(words, `return ${REASONED}`)
      return plain(await session.staff().client.joins.returnMove(id, reasonOf(values)))
    },
    print: said,
  }),
  told: patientsCommand({
    takes: "<id> <alias>",
    async run(session, words) {
      const [id, alias] = wordsOf(words, 2, "told <id> <alias>")
      return plain(await session.staff().client.joins.told(moveIdOf([id], "told <id> <alias>"), alias))
    },
    print: said,
  }),
}

function said({ move, told }: MoveAnswer): string {
  return [moveLines(move), ...told.map(toldLine)].join("\n")
}

function moveLines(move: MoveShown): string {
  const { id, alias, resourceType, fhirId, reason, since, proposal, belongsTo, toTell } = move
  const lines = [
    `  ${String(id).slice(0, 12)}  ${resourceType}/${fhirId} of ${alias}: ${state(move)} since ${day(since)}: ${reason}`,
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
    return `to be moved to ${belongsTo} at ${day(dueAt ?? 0)} unless one of them objects;`
  if (state === "moving" || state === "moved") return `${state} to ${belongsTo}; withheld here`
  return state
}
