import { placeNamed } from "@aceso/client/patient-place.ts"
import { type AuditEventFacts, type Bytes, type MemberId, PlatformError, readAuditEvent } from "@aceso/core"
import { textGiven } from "@aceso/core/display/index.ts"
import { patientCases, staffCases } from "@aceso/web/session/cases.ts"
import type { PatientParts, StaffParts } from "@aceso/web/session/parts.ts"
import { type AuditLine, readMessage, writeMessage } from "../client/communication.ts"
import { messages } from "../definition/process.ts"

export const processes = [messages]

/** The line of an audit that a complaint is about; `event` null: it cannot be read. */
export interface About {
  readonly custodian: MemberId
  readonly event: AuditEventFacts | null
}
export interface MessageShown {
  readonly text: string
  readonly about: About | null
}

const aboutOf = ({ custodian, auditEvent }: Pick<AuditLine, "custodian" | "auditEvent">): About => ({
  custodian,
  event: readAuditEvent(auditEvent) ?? null,
})

function read(_name: string, content: Bytes): MessageShown {
  const { text, about } = readMessage(content)
  return { text, about: about ? aboutOf(about) : null }
}

const DOCUMENT = "Communication"
/** What a step carries: of `close` nothing. */
const writtenIn = (step: string, text: string) => {
  const rule = messages.steps.find(({ name }) => name === step)
  return (rule?.documents ?? []).map((name) => ({ name, content: writeMessage({ text: textGiven(text) }) }))
}

export function patientCalls({ client }: PatientParts) {
  const cases = patientCases(client, messages, read)
  /** @param name of the place, as its audit has it */
  const lineAt = async (name: string, n: number): Promise<AuditLine> => {
    const place = placeNamed(client.places, name)
    if (!place) throw new PlatformError("unknown_member", `you have no audit at ${name}`)
    const { tag, salt, auditEvent } = await client.auditLine(place, n)
    return { custodian: place.custodian, tag, salt, auditEvent }
  }
  return {
    messagesOwn: () => cases.list(),
    messagesCase: (id: string) => cases.show(id),
    messagesStep: (id: string, base: number, step: string, text: string) =>
      cases.step(id, base, step, writtenIn(step, text)),
    /** What a line of the own audit says. */
    messagesLine: async (place: string, n: number): Promise<About> => aboutOf(await lineAt(place, n)),
    /** @param line a complaint about it @returns the id of the case */
    async messagesWrite(
      to: MemberId,
      text: string,
      line: { readonly place: string; readonly n: number } | null,
    ): Promise<string> {
      const about = line && (await lineAt(line.place, line.n))
      const content = writeMessage({ text: textGiven(text), ...(about && { about }) })
      return cases.open("organisation", to, [{ name: DOCUMENT, content }])
    },
  }
}

export function staffCalls({ client, member }: StaffParts) {
  const cases = staffCases(client, member, messages, read)
  return {
    messagesCase: (id: string) => cases.show(id),
    messagesStep: (id: string, base: number, step: string, text: string) =>
      cases.step(id, base, step, writtenIn(step, text)),
  }
}
