import {
  SETUP_TOKEN,
  type SetupFound,
  type SetupOrganisation,
  setupEntered,
  setupFault,
  setupFileAnswer,
  setupInvited,
  setupLooked,
  setupNothing,
  setupPaired,
  setupState,
} from "@aceso/client/setup-schemas.ts"
import { PlatformError } from "@aceso/core/errors.ts"
import type { Schema } from "@aceso/core/schema.ts"

/** @throws PlatformError what the process says, with the fields that are wrong; `setup_gone`, `bad_answer` */
async function post<T>(path: string, body: unknown, answer: Schema<T>, token?: string): Promise<T> {
  const response = await fetch(`/setup/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== undefined && { [SETUP_TOKEN]: token }) },
    body: JSON.stringify(body),
  }).catch((cause: unknown) => {
    throw new PlatformError("setup_gone", "the process that serves this page has ended", { cause })
  })
  const found: unknown = await response.json().catch((cause: unknown) => {
    throw new PlatformError("bad_answer", "the process answers something else than it should", { cause })
  })
  if (response.ok) return answer.parse(found, "answer", "json")
  const { code, message, fields, mistakes } = setupFault.parse(found, "answer", "json")
  throw new PlatformError(code, message, { details: { fields, mistakes } })
}

/** @returns what of that which was typed is wrong */
export function wrongFields(error: unknown): readonly string[] {
  const { fields } = error instanceof PlatformError ? error.details : {}
  return Array.isArray(fields) ? fields : []
}

/** @returns codes, where several things are wrong with the node's files */
export function mistakesOf(error: unknown): readonly string[] {
  const { mistakes } = error instanceof PlatformError ? error.details : {}
  return Array.isArray(mistakes) ? mistakes : []
}

/** The process in the terminal, as the one tab that it let in asks it. The token is in no storage. */
export class SetupSession {
  private readonly token: string
  /** Told when the process does not know this tab any more. */
  onLost: (error: PlatformError) => void = () => {}

  private constructor(token: string) {
    this.token = token
  }

  /** @param code as typed @throws PlatformError `unknown_code`, `code_used`, `code_guessed` */
  static async enter(code: string): Promise<SetupSession> {
    return new SetupSession((await post("enter", { code }, setupEntered)).token)
  }

  state = () => this.ask("state", {}, setupState)
  make = (given: SetupOrganisation) => this.ask("organisation", given, setupState)
  again = () => this.ask("again", {}, setupState)
  found = (wanted: SetupFound) => this.ask("found", wanted, setupState)
  look = (invitation: unknown) => this.ask("look", { invitation }, setupLooked)
  join = (invitation: unknown, groups: readonly string[]) =>
    this.ask("join", { invitation, groups }, setupState)
  file = async (file: "application" | "invitation") =>
    (await this.ask("file", { file }, setupFileAnswer)).content
  start = (areSecretsCopied: boolean) => this.ask("start", { areSecretsCopied }, setupState)
  invite = (name: string, role: string | undefined) => this.ask("invite", { name, role }, setupInvited)
  pairing = (code: string) => this.ask("pairing", { code }, setupPaired)
  confirm = (code: string, digits: string) => this.ask("confirm", { code, digits }, setupState)
  end = () => this.ask("end", {}, setupNothing)

  private async ask<T>(path: string, question: unknown, answer: Schema<T>): Promise<T> {
    try {
      return await post(path, question, answer, this.token)
    } catch (error) {
      if (error instanceof PlatformError && error.code === "setup_elsewhere") this.onLost(error)
      throw error
    }
  }
}
