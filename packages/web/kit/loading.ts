import { onScopeDispose, type Ref, ref, shallowRef } from "vue"
import { type Fault, faultOf } from "../session/protocol.ts"

/** What a page shows of something that comes from elsewhere. */
export interface Loading<T> {
  readonly state: Ref<"loading" | "ready" | "failed">
  /** Also while it is loaded again. */
  readonly value: Readonly<Ref<T | undefined>>
  readonly fault: Readonly<Ref<Fault | undefined>>
  reload(): Promise<void>
}

/** Loads at once; of two that overlap the later one counts. */
export function useLoading<T>(load: () => Promise<T>): Loading<T> {
  const state = ref<"loading" | "ready" | "failed">("loading")
  const value = shallowRef<T>()
  const fault = shallowRef<Fault>()
  let turn = 0
  onScopeDispose(() => {
    turn = -1
  })
  const reload = async (): Promise<void> => {
    if (turn < 0) return
    const own = ++turn
    state.value = "loading"
    try {
      const loaded = await load()
      if (own !== turn) return
      value.value = loaded
      fault.value = undefined
      state.value = "ready"
    } catch (error) {
      if (own !== turn) return
      fault.value = faultOf(error)
      state.value = "failed"
    }
  }
  void reload()
  return { state, value, fault, reload }
}

export { faultOf as faultShown }
