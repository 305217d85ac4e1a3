import { bool, type Infer, list, nullable, object, oneOf, optional, PlatformError, text } from "@aceso/core"

/** What the start page asks of its demo. */

const both = object({ en: text(2_000), zh: text(2_000) })
export type Both = Infer<typeof both>

const people = object({
  people: list(
    object({
      kind: oneOf("staff", "patient", "delegate"),
      name: text(64),
      en: text(200),
      zh: text(200),
      says: nullable(both),
      at: nullable(both),
      url: text(300),
    }),
    500,
  ),
})
export type Person = Infer<typeof people>["people"][number]

const guides = object({
  guides: list(
    object({
      name: text(64),
      title: both,
      summary: both,
      steps: list(
        object({
          id: text(64),
          title: both,
          who: text(64),
          does: both,
          proves: both,
          typed: list(object({ what: both, value: text(20_000) }), 8),
          isDoable: bool(),
          isLook: bool(),
        }),
        100,
      ),
    }),
    64,
  ),
})
export type GuideShown = Infer<typeof guides>["guides"][number]

const now = object({
  ok: bool(),
  steps: list(object({ id: text(64), isDone: bool(), page: optional(text(300)) }), 100),
})
export type StepNow = Infer<typeof now>["steps"][number]
const fault = object({ code: text(64), message: text(2_000) })

/** @throws PlatformError what the demo says */
async function answerOf(path: string, method: "GET" | "POST"): Promise<unknown> {
  const answer = await fetch(path, { method }).catch((cause: unknown) => {
    throw new PlatformError("node_unreachable", "the demo has ended, or cannot be reached", { cause })
  })
  const body: unknown = await answer.json().catch((cause: unknown) => {
    throw new PlatformError("bad_answer", "the demo answers something else than it should", { cause })
  })
  if (answer.ok) return body
  const { code, message } = fault.parse(body, "answer", "json")
  throw new PlatformError(code, message)
}

export const peopleOfDemo = async () =>
  people.parse(await answerOf("/demo/people", "GET"), "people", "json").people
export const guidesOfDemo = async () =>
  guides.parse(await answerOf("/demo/guide", "GET"), "guides", "json").guides
export const stepsNow = async (tour: string) =>
  now.parse(await answerOf(`/demo/guide/now?tour=${tour}`, "GET"), "steps", "json").steps
export const openTour = (tour: string) => answerOf(`/demo/guide/open?tour=${tour}`, "POST")
export const lookedAt = (tour: string, step: string) =>
  answerOf(`/demo/guide/looked?tour=${tour}&step=${step}`, "POST")
export const beginTour = (tour: string) => answerOf(`/demo/guide/begin?tour=${tour}`, "POST")
export const doStep = (tour: string, step: string) =>
  answerOf(`/demo/guide/do?tour=${tour}&step=${step}`, "POST")
