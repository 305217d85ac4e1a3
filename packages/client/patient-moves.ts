import {
  type EntryPreimage,
  equalBytes,
  movedHash,
  type PatientMove,
  PlatformError,
  patientMoves,
  signMove,
} from "@aceso/core"
import type { AccountSource } from "./account.ts"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"
import { recordPages } from "./record-pages.ts"
import { okAnswer } from "./schemas.ts"

export interface InboxMove extends PatientMove {
  readonly place: PatientPlace
}

/** Records that stand at the wrong patient, at any custodian: this one, or another whose they are not. */
export class PatientMoves {
  private readonly calls: PatientCalls

  constructor(calls: PatientCalls) {
    this.calls = calls
  }

  async all(): Promise<InboxMove[]> {
    const { places } = this.calls
    return (await Promise.all(places.map((place) => this.at(place)))).flat()
  }

  async at(place: PatientPlace): Promise<InboxMove[]> {
    const { moves } = await this.calls.ask(place, "moves", {}, patientMoves)
    return moves.map((move) => ({ ...move, place }))
  }

  /**
   * Agrees that a record is moved. One in the own log is compared with what is to be signed first.
   * @throws PlatformError `bad_answer`, `move_closed`
   */
  async agree({ place, id, record, opening }: InboxMove): Promise<void> {
    if (!record) throw new PlatformError("move_closed", "nothing waits here for your yes")
    if (opening) {
      const all: EntryPreimage[] = []
      const ask: AccountSource["ask"] = (what, question, answer) =>
        this.calls.ask(place, what, question, answer)
      for await (const { records } of recordPages({ ask }))
        for (const { entry } of records) if (equalBytes(entry.recordId, opening.recordId)) all.push(entry)
      const versions = all.slice(0, opening.versions)
      if (versions.length < opening.versions || !equalBytes(movedHash(opening.salt, versions), record))
        throw new PlatformError(
          "bad_answer",
          "what the custodian asks you to sign is not about the record that it names; nothing was signed",
        )
    }
    const statement = { network: this.calls.network, custodian: place.custodian, id, record }
    const signature = signMove(statement, this.calls.keyOf(place))
    await this.calls.ask(place, "agree", { id, signature }, okAnswer)
  }

  /** The record stays where it is, withheld. */
  async object({ place, id }: InboxMove): Promise<void> {
    await this.calls.ask(place, "object", { id }, okAnswer)
  }
}
