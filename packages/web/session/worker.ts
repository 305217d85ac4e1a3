/// <reference lib="webworker" />
import { cryptoReady } from "@aceso/core"
import type { PatientSession } from "./patient/index.ts"
import { type FromSession, faultOf, type Identity, type ToSession } from "./protocol.ts"
import type { StaffSession } from "./staff/index.ts"

/**
 * The session of whoever uses the page, in a worker of its own: the secret lives in its memory, which no script of the
 * page can read, and what costs time never holds up the screen. It ends with `terminate`.
 */
declare const self: DedicatedWorkerGlobalScope

type Calls = PatientSession | StaffSession
type Call = (this: unknown, ...args: readonly unknown[]) => unknown

let calls: Promise<Calls> | undefined

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
  const all = (await calls) as unknown as Readonly<Record<string, Call>> | undefined
  if (!all || !Object.hasOwn(all, message.call)) throw new Error(`there is no call ${message.call}`)
  const onProgress = (...progress: readonly unknown[]) => answer({ id, progress })
  answer({ id, value: await all[message.call](...message.args, onProgress) })
}

async function opened(identity: Identity): Promise<Calls> {
  await cryptoReady
  // Nobody waits for the code of the other kind.
  if (identity.kind === "staff") return (await import("./staff/index.ts")).staffSession(identity)
  return (await import("./patient/index.ts")).patientSession(identity)
}
