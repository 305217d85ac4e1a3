/// <reference lib="webworker" />
import { cryptoReady } from "@aceso/core"
import { callNamed } from "./late.ts"
import { type FromSession, faultOf, type OpenedSession, type Opening, type ToSession } from "./protocol.ts"

/**
 * The session of whoever uses the page, in a worker of its own: the secret lives in its memory, which no script of the
 * page can read, and what costs time never holds up the screen. It ends with `terminate`.
 */
declare const self: DedicatedWorkerGlobalScope

let opening: Promise<Calling> | undefined

const answer = (message: FromSession) => self.postMessage(message)

self.onmessage = ({ data }: MessageEvent<ToSession>) => {
  void take(data).catch((error: unknown) => answer({ id: data.id, fault: faultOf(error) }))
}

async function take(message: ToSession): Promise<void> {
  const { id } = message
  if ("open" in message) {
    opening ??= opened(message.open)
    const { shown } = await opening
    answer({ id, value: shown })
    return
  }
  const calls = await (await opening)?.callsOf(message.as)
  const call = await callNamed(calls ?? {}, message.call)
  const onProgress = (...progress: readonly unknown[]) => answer({ id, progress })
  answer({ id, value: await call(...message.args, onProgress) })
}

/** The calls of whoever it is, or, for a patient, of those for whom they act. */
interface Calling {
  readonly shown: OpenedSession
  callsOf(as?: string): Promise<object>
}
const alone = (calls: object): Calling => ({
  shown: { ownPlaces: 0, actsFor: [] },
  callsOf: async () => calls,
})

/** Each kind of session is loaded when it is opened: a patient needs nothing of what staff do. */
async function opened(opening: Opening): Promise<Calling> {
  await cryptoReady
  switch (opening.kind) {
    case "device":
      return alone((await import("./device/index.ts")).deviceSession())
    case "open":
      return alone((await import("./open/index.ts")).openSession(opening.url))
    case "demo-staff":
      return alone(await (await import("./staff/index.ts")).staffSession(opening))
    case "demo-patient": {
      const { seed, places, actsFor = [] } = opening
      const kept = { places: [...places], delegations: [...actsFor] }
      return (await import("./patient/opened.ts")).openedPatient({ seed, kept, remembers: false })
    }
    case "kept": {
      const { person, secret } = opening
      const { openedSeed } = await import("./keeping.ts")
      const seed = await openedSeed(person, secret)
      if (person.kind === "staff")
        return alone(
          await (await import("./staff/index.ts")).staffSession({
            seed,
            node: person.node ?? "",
            member: person.member ?? "",
          }),
        )
      const { knownPlaces, putWaysBack } = await import("./patient/places.ts")
      const { kept, renewed } = await knownPlaces(person, seed)
      const remembers = person.remembers === true
      const found = await (await import("./patient/opened.ts")).openedPatient({
        seed,
        kept,
        genesis: person.genesis,
        remembers,
      })
      // Nobody waits for it, and what fails is done at the next unlocking.
      void putWaysBack(person, secret, seed, kept).catch(() => {})
      return renewed ? { ...found, shown: { ...found.shown, places: renewed } } : found
    }
  }
}
