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
  const lineAt = (custodian: MemberId, n: number) => {
    const place = client.places.find((one) => one.custodian === custodian)
    if (place) return client.auditLine(place, n)
    throw new PlatformError("unknown_member", `you are no patient of ${custodian}, and have no audit there`)
  }
  return {
    messagesOwn: () => cases.list(),
    messagesCase: (id: string) => cases.show(id),
    messagesStep: (id: string, base: number, step: string, text: string) =>
      cases.step(id, base, step, writtenIn(step, text)),
    /** What a line of the own audit says. */
    messagesLine: async (custodian: MemberId, n: number): Promise<About> =>
      aboutOf({ custodian, auditEvent: (await lineAt(custodian, n)).auditEvent }),
    /** @param line a complaint about it @returns the id of the case */
    async messagesWrite(
      to: MemberId,
      text: string,
      line: { readonly custodian: MemberId; readonly n: number } | null,
    ): Promise<string> {
      const found = line && (await lineAt(line.custodian, line.n))
      const about = found &&
        line && {
          custodian: line.custodian,
          tag: found.tag,
          salt: found.salt,
          auditEvent: found.auditEvent,
        }
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
