import { PlatformError, toHex } from "@aceso/core"
import { purposeWords } from "@aceso/core/display/index.ts"
import { processWords } from "../capabilities.ts"
import { casesAt, isStaff, patientWords, standingOf } from "../cases/party.ts"
import { stateWords } from "../cases/words.ts"
import { table } from "../columns.ts"
import { command } from "../command.ts"
import { endOf } from "../output.ts"
import type { Session } from "../session.ts"

/** Something that waits for whoever looks. */
interface Item {
  /** The command that goes on with it. */
  readonly capability: string
  readonly id: string
  /** Who it is about, or with. */
  readonly with: string
  readonly what: string
  /** ms */
  readonly dueAt: number | null
}

const wordsFor = (capability: string, state: string): string => {
  const words = processWords.find(({ process }) => process.name === capability)
  return words ? stateWords(words, state) : state
}

/** In the order of the node: those whom it does not know come after the others. */
async function ofStaff(session: Session): Promise<{ readonly items: Item[]; readonly more: boolean }> {
  const { items, more } = await session.staff().client.cases.page()
  const shown = items.map(({ id, capability, state, dueAt, patient, delegate }) => ({
    ...{ capability, id: toHex(id), dueAt, what: wordsFor(capability, state) },
    with: patient === null ? "" : patientWords(patient, delegate),
  }))
  return { items: shown, more }
}

/** A place that does not answer is told of, and hides nothing else. */
async function orNone<T>(session: Session, asked: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    session.progress(`  requests and moves cannot be shown now: ${error.message}`)
    return []
  }
}

/** Cases in which it is the person's turn, requests and moves that wait for a decision. */
async function ofPerson(session: Session): Promise<Item[]> {
  const { client } = await session.patient()
  const requests = await orNone(session, client.inbox())
  const moves = await orNone(session, client.moves.all())
  const own = client.cases(processWords.map(({ process }) => process))
  const now = await standingOf(session, own, await casesAt(session, own, client.places))
  const mine = now.filter(({ process, standing }) =>
    processWords.some(
      (words) => words.process.name === process.name && standing.state.turn.includes(words.person),
    ),
  )
  return [
    ...requests
      .filter(({ state }) => state === "open")
      .map(({ requestId, requester, purpose, place, until }) => ({
        ...{ capability: "requests", id: toHex(requestId), with: requester, dueAt: until },
        what: `asks for your records at ${place.custodian}, for ${purposeWords(purpose)}`,
      })),
    ...moves
      .filter(({ isOpen, hasAgreed }) => isOpen && !hasAgreed)
      .map(({ id, place }) => ({
        ...{ capability: "requests", id: toHex(id), with: place.custodian, dueAt: null },
        what: "a record of yours, or at you, is to be moved",
      })),
    ...mine.map(({ id, process, standing, row }) => ({
      ...{ capability: process.name, id: toHex(id), dueAt: standing.dueAt },
      with: row.parties.flatMap(({ member }) => member ?? []).join(", "),
      what: wordsFor(process.name, standing.state.name),
    })),
  ]
}

export const inbox = command({
  summary: "what waits for you, what is due first before it",
  example: "aceso inbox --as city-registrar",
  async run(session) {
    if (isStaff(session)) return ofStaff(session)
    const items = await ofPerson(session)
    const due = ({ dueAt }: Item) => dueAt ?? Number.POSITIVE_INFINITY
    return { items: items.sort((a, b) => due(a) - due(b)), more: false }
  },
  print: ({ items, more }) =>
    [
      table(
        ["id", "see", "with", "what", "due"],
        items.map((one) => [
          one.id.slice(0, 12),
          `aceso ${one.capability}`,
          one.with,
          one.what,
          one.dueAt === null ? "" : endOf(one.dueAt),
        ]),
      ),
      ...(more ? [`  more than these ${items.length} wait: they follow when some of these are done`] : []),
    ].join("\n"),
})
