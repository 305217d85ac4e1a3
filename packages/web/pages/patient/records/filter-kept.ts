import { ref, shallowRef } from "vue"
import { EVERYTHING, type Filter } from "./filters.ts"

/** What was wished, and which record was looked at: whoever comes back finds it again. Gone with the page. */
export const wished = shallowRef<Filter>(EVERYTHING)
export const lastSeen = ref("")
