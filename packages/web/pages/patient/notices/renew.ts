import type { PatientSession } from "../../../session/patient/index.ts"
import type { Session } from "../../../session/session.ts"
import { endpointNow } from "./push.ts"
import { tellNoMoreOf, tellOf, told } from "./told.ts"

const DAY_MS = 24 * 3_600_000
/** What the person opened the app for comes first. */
const LATER_MS = 10_000

/** Says again what is wanted, once a day, so that it goes on; what fails is said the next day. */
export async function renewNotices(session: Session<PatientSession>): Promise<void> {
  const now = Date.now()
  if (Object.values(told()).every((at) => now - at < DAY_MS)) return
  await new Promise((resolve) => setTimeout(resolve, LATER_MS))
  try {
    const mark = await session.call("noticeMark", [])
    const at = told()[mark]
    if (at === undefined || now - at < DAY_MS) return
    const endpoint = await endpointNow()
    if (endpoint !== undefined && (await session.call("noticesRenewed", [endpoint]))) tellOf(mark)
    else tellNoMoreOf(mark)
  } catch {
    // Of no account for whoever looks at something else.
  }
}
