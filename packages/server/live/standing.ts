import { type LiveTopic, PATIENT_TOPICS, STAFF_TOPICS } from "@aceso/client/live-topics.ts"
import { handles } from "@aceso/contracts"
import {
  type Bytes,
  equalBytes,
  type Handle,
  keyAt,
  PlatformError,
  type PublicKey,
  REKEY_MS,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import type { Delegates } from "../delegates/delegates.ts"
import type { Staff } from "../node/staff.ts"
import { TO_HEAR } from "./abilities.ts"
import type { Standing } from "./stream.ts"

/** Refusals that say the same to whoever asks: this key has nothing to hear. */
const NOBODY = ["not_permitted", "delegate_ended", "delegate_unknown"]

export function staffStanding({ staff }: { readonly staff: Staff }, key: Bytes): Standing | undefined {
  const found = staff.byKey(key)
  return (
    found && {
      topics: new Set<LiveTopic>(STAFF_TOPICS),
      rights: `${found.role ?? ""} ${found.isAdministrator}`,
      ...(found.to !== undefined && { until: found.to }),
    }
  )
}

interface Parts {
  readonly config: { readonly member: string }
  readonly delegates: Pick<Delegates, "mustAct">
  readonly engine: Pick<Engine, "read">
}

/** What whoever has this key may hear of a handle; undefined: nothing, whatever the reason. */
export async function patientStanding(
  { config, delegates, engine }: Parts,
  handle: Handle,
  key: PublicKey,
  now = Date.now(),
): Promise<Standing | undefined> {
  const row = await engine.read(handles, [config.member, handle])
  const standing = row && keyAt(row, now)
  if (standing?.key && equalBytes(standing.key, key))
    return {
      topics: new Set<LiveTopic>(PATIENT_TOPICS),
      ...(row?.next && standing.isPending && { until: row.next.since + REKEY_MS }),
    }
  try {
    const { may } = (await delegates.mustAct(handle, key, "any")).scope
    const topics = PATIENT_TOPICS.filter((topic) => TO_HEAR[topic].some((one) => may.includes(one)))
    return { topics: new Set<LiveTopic>(topics), isDelegate: true }
  } catch (error) {
    if (error instanceof PlatformError && NOBODY.includes(error.code)) return undefined
    throw error
  }
}
