import { type ShallowRef, shallowRef } from "vue"
import { faultShown } from "../../../kit/loading.ts"
import type { Fault } from "../../../session/protocol.ts"
import type { GivenFile, ImportEnded, ImportStep } from "../../../session/staff/importing.ts"
import type { useStaff } from "../../../shell/session.ts"
import { forgetBegun, keepBegun, keepReached } from "./begun.ts"

type Session = ReturnType<typeof useStaff>

/** The import of a session: it goes on while other pages are shown. */
export interface ImportState {
  /** What is or was imported last. */
  readonly given: ShallowRef<readonly GivenFile[]>
  readonly source: ShallowRef<string>
  /** Undefined: none runs. */
  readonly step: ShallowRef<ImportStep | undefined>
  readonly ended: ShallowRef<ImportEnded | undefined>
  /** It did not even begin. */
  readonly fault: ShallowRef<Fault | undefined>
  run(who: string): Promise<void>
  stop(): void
}

const states = new WeakMap<Session, ImportState>()

export function importOf(session: Session): ImportState {
  const found = states.get(session) ?? newState(session)
  states.set(session, found)
  return found
}

/** A browser asks before it leaves the page. */
const ask = (event: BeforeUnloadEvent) => event.preventDefault()

function newState(session: Session): ImportState {
  const given = shallowRef<readonly GivenFile[]>([])
  const source = shallowRef("")
  const step = shallowRef<ImportStep>()
  const ended = shallowRef<ImportEnded>()
  const fault = shallowRef<Fault>()
  async function run(who: string): Promise<void> {
    if (step.value) return
    step.value = { step: "looking", done: 0 }
    ended.value = undefined
    fault.value = undefined
    keepBegun({ who, source: source.value, files: given.value.map(({ name, file }) => [name, file.size]) })
    addEventListener("beforeunload", ask)
    try {
      const result = await session.call(
        "importFiles",
        [[...given.value], source.value],
        (now: ImportStep) => {
          step.value = now
          if (now.step === "sending") keepReached(now)
        },
      )
      ended.value = result
      if (!result.fault && !result.isStopped) forgetBegun()
    } catch (error) {
      fault.value = faultShown(error)
    } finally {
      removeEventListener("beforeunload", ask)
      step.value = undefined
    }
  }
  return { given, source, step, ended, fault, run, stop: () => void session.call("stopImport", []) }
}
