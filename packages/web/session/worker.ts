/// <reference lib="webworker" />
import { cryptoReady } from "@aceso/core"
import { callNamed } from "./late.ts"
import { type FromSession, faultOf, type Opening, type ToSession } from "./protocol.ts"

/**
 * The session of whoever uses the page, in a worker of its own: the secret lives in its memory, which no script of the
 * page can read, and what costs time never holds up the screen. It ends with `terminate`.
 */
declare const self: DedicatedWorkerGlobalScope

let calls: Promise<object> | undefined

const answer = (message: FromSession) => self.postMessage(message)

self.onmessage = ({ data }: MessageEvent<ToSession>) => {
  void take(data).catch((error: unknown) => answer({ id: data.id, fault: faultOf(error) }))
}

async function take(message: ToSession): Promise<void> {
  const { id } = message
  if ("open" in message) {
    calls ??= opened(message.open)
    await calls
    answer({ id, value: null })
    return
  }
  const call = await callNamed((await calls) ?? {}, message.call)
  const onProgress = (...progress: readonly unknown[]) => answer({ id, progress })
  answer({ id, value: await call(...message.args, onProgress) })
}

/** Each kind of session is loaded when it is opened: a patient needs nothing of what staff do. */
async function opened(opening: Opening): Promise<object> {
  await cryptoReady
  switch (opening.kind) {
    case "device":
      return (await import("./device/index.ts")).deviceSession()
    case "demo-staff":
      return (await import("./staff/index.ts")).staffSession(opening)
    case "demo-patient":
      return (await import("./patient/index.ts")).patientSession(opening)
    case "kept": {
      const { person, secret } = opening
      const { openedSeed } = await import("./keeping.ts")
      const seed = await openedSeed(person, secret)
      if (person.kind === "staff")
        return (await import("./staff/index.ts")).staffSession({
          seed,
          node: person.node ?? "",
          member: person.member ?? "",
        })
      const { knownPlaces } = await import("./patient/places.ts")
      return (await import("./patient/index.ts")).patientSession({
        seed,
        places: await knownPlaces(person, seed),
      })
    }
  }
}
