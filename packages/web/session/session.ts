import type { DeviceSession } from "./device/index.ts"
import type { OpenSession } from "./open/index.ts"
import type { PatientSession } from "./patient/index.ts"
import {
  type ActsFor,
  errorOf,
  type FromSession,
  type Identity,
  type OpenedSession,
  type Opening,
  type ToSession,
} from "./protocol.ts"
import type { StaffSession } from "./staff/index.ts"
import { scriptUrl } from "./trusted.ts"
import workerUrl from "./worker.ts?worker&url"

type Progress = (...progress: readonly never[]) => void
type Method = (...args: never[]) => unknown
type WithoutProgress<A extends readonly unknown[]> = A extends readonly [...infer R, (...p: never[]) => void]
  ? R
  : A
type Calls = Readonly<Record<string, Method>>

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
  onProgress?: Progress
}

/** The page's side of a session. */
export class Session<C extends { readonly [K in keyof C]: Method } = Calls> {
  readonly identity: Identity
  private readonly port: Port
  /** For whom it acts, where it is somebody else. */
  private readonly as: string | undefined

  private constructor(port: Port, identity: Identity, as?: string) {
    this.port = port
    this.identity = identity
    this.as = as
  }

  /** The same person, acting for somebody: what is called goes to their session. */
  actingFor({ name, person }: ActsFor): Session<C> {
    return new Session<C>(this.port, { ...this.identity, name: person, actsAs: name }, name)
  }

  static patient(opening: Opening): Promise<Session<PatientSession>> {
    return Session.open(opening)
  }

  static staff(opening: Opening): Promise<Session<StaffSession>> {
    return Session.open(opening)
  }

  /** Before anybody has a secret on this device. */
  static device(): Promise<Session<DeviceSession>> {
    return Session.open({ kind: "device" })
  }

  /** Of nobody in particular. @param url of the node */
  static looking(url: string): Promise<Session<OpenSession>> {
    return Session.open({ kind: "open", url })
  }

  /** @throws PlatformError what the node answers that is asked first */
  private static async open<C extends { readonly [K in keyof C]: Method }>(
    opening: Opening,
  ): Promise<Session<C>> {
    const port = new Port()
    try {
      port.opened = (await port.send((id): ToSession => ({ id, open: opening }))) as OpenedSession
      return new Session<C>(port, shownOf(opening))
    } catch (error) {
      port.end()
      throw error
    }
  }

  /** What it said when it was opened. */
  get opened(): OpenedSession {
    return this.port.opened
  }

  /** @throws PlatformError */
  call<N extends keyof C & string>(
    name: N,
    args: WithoutProgress<Parameters<C[N]>>,
    onProgress?: Progress,
  ): Promise<Awaited<ReturnType<C[N]>>> {
    const { as } = this
    const sent = (id: number): ToSession => ({
      ...{ id, call: name, args: [...(args as readonly unknown[])] },
      ...(as !== undefined && { as }),
    })
    return this.port.send(sent, onProgress) as Promise<Awaited<ReturnType<C[N]>>>
  }

  /** The secret is gone with it. */
  end(): void {
    this.port.end()
  }
}

/** The worker, and who waits for it. */
class Port {
  opened: OpenedSession = { ownPlaces: 0, actsFor: [] }
  private readonly worker: Worker
  private readonly waiting = new Map<number, Waiting>()
  private next = 1

  constructor() {
    this.worker = new Worker(scriptUrl(workerUrl) as unknown as string, { type: "module" })
    this.worker.onmessage = ({ data }: MessageEvent<FromSession>) => this.take(data)
    this.worker.onerror = (event) => {
      for (const { reject } of this.waiting.values()) reject(errorOf({ code: "bug", message: event.message }))
      this.waiting.clear()
    }
  }

  end(): void {
    this.worker.terminate()
    for (const { reject } of this.waiting.values())
      reject(errorOf({ code: "session_ended", message: "the session has ended; unlock it again" }))
    this.waiting.clear()
  }

  send(message: (id: number) => ToSession, onProgress?: Progress): Promise<unknown> {
    const id = this.next++
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, ...(onProgress && { onProgress }) })
      this.worker.postMessage(message(id))
    })
  }

  private take(message: FromSession): void {
    const waiting = this.waiting.get(message.id)
    if (!waiting) return
    if ("progress" in message) {
      waiting.onProgress?.(...(message.progress as readonly never[]))
      return
    }
    this.waiting.delete(message.id)
    if ("fault" in message) waiting.reject(errorOf(message.fault))
    else waiting.resolve(message.value)
  }
}

function shownOf(opening: Opening): Identity {
  if (opening.kind === "device" || opening.kind === "open") return { kind: opening.kind, name: "" }
  const { kind, name, member } =
    opening.kind === "kept"
      ? opening.person
      : opening.kind === "demo-staff"
        ? { kind: "staff" as const, name: opening.name, member: opening.member }
        : { kind: "patient" as const, name: opening.name, member: undefined }
  return { kind, name, ...(member !== undefined && { member }) }
}
