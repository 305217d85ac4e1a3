import type { PatientTopic, StaffTopic } from "@aceso/client/live-topics.ts"
import { type Bytes, nameOf } from "@aceso/core"
import { LiveStream, type Standing, type StreamOptions } from "./stream.ts"

/** Whose stream it is: somebody who works here, or whoever acts for a patient. */
export type Audience = { readonly staff: string } | { readonly handle: Bytes }

/** Tells whoever listens that there is something new to look at; keeps nothing of it. */
export class LiveHub {
  private readonly staff = new Map<string, Set<LiveStream>>()
  private readonly patients = new Map<string, Set<LiveStream>>()
  private isClosed = false

  get open(): number {
    return this.all().length
  }
  /** Some patient listens, or whoever acts for one. */
  get hearsPatients(): boolean {
    return this.patients.size > 0
  }

  /** @returns undefined: the node ends */
  listen(audience: Audience, standing: Standing, options: StreamOptions): LiveStream | undefined {
    if (this.isClosed) return undefined
    const [streams, name] = this.placeOf(audience)
    const stream: LiveStream = new LiveStream(
      {
        ...options,
        onEnd: () => {
          this.remove(audience, stream)
          options.onEnd()
        },
      },
      standing,
    )
    const own = streams.get(name) ?? new Set()
    own.add(stream)
    streams.set(name, own)
    return stream
  }

  /** @param names default: all who work here */
  toStaff(topic: StaffTopic, names?: Iterable<string>): void {
    const meant = names
      ? [...names].flatMap((name) => [...(this.staff.get(name) ?? [])])
      : valuesIn(this.staff)
    for (const stream of meant) stream.tell(topic)
  }

  toPatient(handle: Bytes, topic: PatientTopic): void {
    for (const stream of this.patients.get(nameOf(handle)) ?? []) stream.tell(topic)
  }

  /** Who works here, or may act for a handle, has changed: whoever may not listen any more hears nothing from now on. */
  checkStaff(): void {
    for (const stream of valuesIn(this.staff)) void stream.check()
  }

  checkPatient(handle: Bytes): void {
    for (const stream of [...(this.patients.get(nameOf(handle)) ?? [])]) void stream.check()
  }

  /** Ends all, for good. */
  close(): void {
    this.isClosed = true
    for (const stream of this.all()) stream.end()
  }

  private all(): readonly LiveStream[] {
    return [...valuesIn(this.staff), ...valuesIn(this.patients)]
  }

  private placeOf(audience: Audience): [Map<string, Set<LiveStream>>, string] {
    return "staff" in audience ? [this.staff, audience.staff] : [this.patients, nameOf(audience.handle)]
  }

  private remove(audience: Audience, stream: LiveStream): void {
    const [streams, name] = this.placeOf(audience)
    const own = streams.get(name)
    own?.delete(stream)
    if (own?.size === 0) streams.delete(name)
  }
}

const valuesIn = (streams: ReadonlyMap<string, ReadonlySet<LiveStream>>): readonly LiveStream[] =>
  [...streams.values()].flatMap((own) => [...own])
