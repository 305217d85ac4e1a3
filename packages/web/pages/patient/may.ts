import type { ForDelegates } from "../../kit/area.ts"

/** Whether pages are for somebody who may do this for another one. @param needs absent: the person alone */
export const isAllowed = (needs: ForDelegates | undefined, may: readonly string[]): boolean =>
  needs === "any" || (needs?.some((one) => may.includes(one)) ?? false)
