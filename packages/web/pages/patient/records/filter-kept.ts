import { type Ref, ref, type ShallowRef, shallowRef } from "vue"
import { EVERYTHING, type Filter } from "./filters.ts"

/** What was wished, and which record was looked at: whoever comes back finds it again. */
interface Wished {
  readonly wished: ShallowRef<Filter>
  readonly lastSeen: Ref<string>
}

const all = new WeakMap<object, Wished>()

/** Of one session: another person's records are shown whole. Gone with it. */
export function wishedIn(session: object): Wished {
  const kept = all.get(session) ?? { wished: shallowRef(EVERYTHING), lastSeen: ref("") }
  all.set(session, kept)
  return kept
}
