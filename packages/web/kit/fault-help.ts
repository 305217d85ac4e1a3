import { defineAsyncComponent } from "vue"
import { withTexts } from "../texts/index.ts"
import { faultHelpTexts, faultTexts } from "../texts/later-texts.ts"
import { rareFaultHelpTexts } from "../texts/rare/help/late-texts.ts"
import { rareFaultTexts } from "../texts/rare/late-texts.ts"

const load = withTexts(
  () => import("./FaultHelp.vue"),
  ["fault", faultTexts],
  ["fault", rareFaultTexts],
  ["faultHelp", faultHelpTexts],
  ["faultHelp", rareFaultHelpTexts],
)
let loaded: ReturnType<typeof load> | undefined
function loadOnce(): ReturnType<typeof load> {
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined
    throw error
  })
  return loaded
}

/** What to do, and details for support: most pages never need it. */
export const FaultHelp = defineAsyncComponent(loadOnce)
/** Resolves when what faults are called is here, or cannot be fetched. */
export const faultWords = (): Promise<unknown> => loadOnce().catch(() => undefined)
