import type { NoticeAt, NoticeLevel, PatientNotices } from "@aceso/client"
import { type Fault, faultOf } from "../protocol.ts"

/** What is wanted at a custodian; null: nothing, or it did not answer. */
export interface ShownNotice {
  readonly custodian: string
  readonly level: NoticeLevel | null
  readonly fault?: Fault
}

const shown = (all: readonly NoticeAt[]): ShownNotice[] =>
  all.map(({ custodian, level, fault }) => ({ custodian, level, ...(fault && { fault: faultOf(fault) }) }))

/** That there is something new, said to this device at once. The endpoint of its push service goes to the app's operator alone. */
export const noticeCalls = (notices: PatientNotices) => ({
  /** Who this is, for a list on this device of whom it tells of notices. */
  noticeMark: () => notices.mark,
  noticeKey: () => notices.key(),
  notices: async () => shown(await notices.shown()),
  noticesOn: async (endpoint: string, level: NoticeLevel) => shown(await notices.on(endpoint, level)),
  noticesOff: async (endpoint: string) => {
    const { isShared, isElsewhere, places } = await notices.off(endpoint)
    return { isShared, isElsewhere, places: shown(places) }
  },
  noticesRenewed: (endpoint: string) => notices.renew(endpoint),
})
