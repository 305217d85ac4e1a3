import type { Bytes, Cbor, MemberId, Schema } from "@aceso/core"
import { type Caller, post } from "./http.ts"
import {
  joinShown,
  joinsAnswer,
  type MoveAnswer,
  moveAnswer,
  movesAnswer,
  noticesAnswer,
  type PartAnswer,
  partAnswer,
} from "./join-schemas.ts"
import { okAnswer } from "./schemas.ts"

export interface Page {
  /** The last `n` of the page before. */
  readonly before?: number
  readonly limit?: number
  readonly all?: boolean
}

/** How staff mends mistaken identities. Patients are named by alias, moves by the beginning of their id. */
export class JoinsClient {
  private readonly url: string
  private readonly caller: Caller

  constructor(url: string, caller: Caller) {
    this.url = url
    this.caller = caller
  }

  same(a: string, b: string, reason: string) {
    return this.ask("same", { a, b, reason }, joinShown)
  }

  apart(a: string, b: string, reason: string): Promise<PartAnswer> {
    return this.ask("apart", { a, b, reason }, partAnswer)
  }

  async joins(alias: string) {
    return (await this.ask("joins", { alias }, joinsAnswer)).joins
  }

  misfiled(alias: string, record: string, reason: string, belongsTo: string | null): Promise<MoveAnswer> {
    return this.ask("misfiled", { alias, record, reason, belongsTo }, moveAnswer)
  }

  async moves(page: Page = {}) {
    return (await this.ask("moves", pageOf(page), movesAnswer)).moves
  }

  approveMove(id: string): Promise<MoveAnswer> {
    return this.ask("approve-move", { id }, moveAnswer)
  }

  stopMove(id: string, reason: string): Promise<MoveAnswer> {
    return this.ask("stop-move", { id, reason }, moveAnswer)
  }

  returnMove(id: string, reason: string): Promise<MoveAnswer> {
    return this.ask("return-move", { id, reason }, moveAnswer)
  }

  told(id: string, alias: string): Promise<MoveAnswer> {
    return this.ask("told", { id, alias }, moveAnswer)
  }

  notices(page: Page = {}) {
    return this.ask("notices", pageOf(page), noticesAnswer)
  }

  async endNotice(custodian: MemberId, id: Bytes): Promise<void> {
    await this.ask("end-notice", { custodian, id }, okAnswer)
  }

  /** Tries again to deliver what waits for a person. */
  async sendNotices(): Promise<void> {
    await this.ask("send-notices", {}, okAnswer)
  }

  private ask<T>(what: string, question: Cbor, answer: Schema<T>): Promise<T> {
    return post(`${this.url}/staff/${what}`, question, this.caller, answer)
  }
}

const pageOf = ({ before, limit = 50, all = false }: Page) => ({ before: before ?? null, limit, all })
