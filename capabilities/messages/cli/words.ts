import type { ProcessWords } from "@aceso/cli/cases/words.ts"
import { localTime } from "@aceso/cli/output.ts"
import { textGiven } from "@aceso/cli/readable.ts"
import { readAuditEvent } from "@aceso/core"
import { purposeWords } from "@aceso/core/display/index.ts"
import { type AuditLine, readMessage, writeMessage } from "../client/communication.ts"
import { messages } from "../definition/process.ts"

export const TEXT = {
  type: "string",
  words: "what is to be said, in plain text",
  value: "<text>",
  isNeeded: true,
} as const

/** What a complaint is about, in one line. */
function aboutLine({ custodian, auditEvent }: AuditLine): string {
  const event = readAuditEvent(auditEvent)
  if (!event) return `about a line of the audit at ${custodian}`
  const { requester, role, purpose, time, isChange, delegate, reason } = event
  const at = Number.isNaN(Date.parse(time)) ? time : localTime(Date.parse(time))
  const whose = delegate
    ? `${delegate.name ?? "somebody"}, who acts for the patient`
    : "the patient's own device"
  if (isChange)
    return `about the audit at ${custodian}: a change of the policy (${reason}), signed by ${whose}, ${at}`
  if (delegate) return `about the audit at ${custodian}: ${whose} (${reason}), ${at}`
  return `about the audit at ${custodian}: ${requester} (${role.replaceAll("-", " ")}), for ${purposeWords(purpose)}, ${at}`
}

export const messagesWords: ProcessWords = {
  process: messages,
  person: "patient",
  states: {
    asked: "waits for the organisation",
    answered: "answered",
    passedOn: "waits for the authority",
    inquired: "the authority waits for the organisation",
    decided: "decided by the authority",
    closed: "closed",
    ended: "over, without an end of its own",
  },
  steps: {
    open: { summary: "write to an organisation", done: "wrote" },
    answer: { summary: "answer a patient", done: "answered" },
    ask: { summary: "ask again", done: "asked again" },
    passOn: { summary: "pass it on to the authority, which gets all that was written", done: "passed it on" },
    inquire: { summary: "ask the organisation for an explanation", done: "asked for an explanation" },
    explain: { summary: "explain to the authority", done: "explained" },
    decide: { summary: "decide what was passed on", done: "decided" },
    close: { summary: "close it: nothing more is wanted", done: "closed it" },
  },
  forms: {
    Communication: {
      options: { text: TEXT },
      write: ({ text }) => writeMessage({ text: textGiven(String(text)) }),
      lines(content) {
        const { text, about } = readMessage(content)
        return [...(about ? [aboutLine(about)] : []), ...text.split("\n")]
      },
    },
  },
}
