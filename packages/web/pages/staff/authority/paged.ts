import { shallowRef } from "vue"
import { type Loading, useLoading } from "../../../kit/loading.ts"

type After = readonly Uint8Array[] | null
interface Page<T> {
  readonly all: readonly T[]
  readonly unproven: number
  readonly next: After
}

/** A list that comes by pages, one of which is seen. */
export function usePaged<T>(load: (after: After) => Promise<Page<T>>): {
  readonly loaded: Loading<Page<T>>
  readonly isFirst: () => boolean
  next(): void
  first(): void
} {
  const after = shallowRef<After>(null)
  const loaded = useLoading(() => load(after.value))
  const go = (to: After) => {
    after.value = to
    void loaded.reload()
  }
  return {
    loaded,
    isFirst: () => after.value === null,
    next: () => go(loaded.value.value?.next ?? null),
    first: () => go(null),
  }
}
