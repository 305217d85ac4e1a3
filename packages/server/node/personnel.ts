import { setTimeout as delay } from "node:timers/promises"
import { type Bytes, PlatformError, type PractitionerProof } from "@aceso/core"
import { writeEnd } from "../home/staff.ts"
import type { StaffMember } from "./config.ts"
import type { Directory } from "./directory.ts"
import type { Readiness } from "./readiness.ts"
import { isInOffice, type Staff } from "./staff.ts"
import type { StaffEnds } from "./staff-ends.ts"

/** How long whoever ends a person waits for the ledger to have it. */
const PUBLISH_MS = 10_000

interface Parts {
  readonly staff: Staff
  readonly staffEnds: StaffEnds
  readonly directory: Directory
  readonly readiness: Readiness
  /** The node's home. */
  readonly folder: string
}

/** Changes of the people who work with the node, and what proves them to others. */
export class Personnel {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /**
   * Ends a person's time, also of one who is in node.json no more: at once here, then in node.json, then on the ledger,
   * from where no older node.json brings them back.
   * @param asOf ms
   * @throws PlatformError `unknown_person`, `last_administrator`, `two_of_a_name`, `end_not_kept`
   */
  async end(name: string, asOf: number): Promise<{ name: string; to: number; isPublished: boolean }> {
    const { staffEnds, directory, folder } = this.parts
    const ended = await staffEnds.end(name, asOf)
    const published = directory.follow().then(() => true)
    if (ended) writeEnd(folder, ended)
    const isPublished = await Promise.race([published, delay(PUBLISH_MS, false, { ref: false })])
    return { name, to: ended?.to ?? asOf, isPublished }
  }

  /** Takes the people of node.json as it is now (StaffEnds.replace). @throws PlatformError `last_administrator` */
  async replace(people: readonly StaffMember[]): Promise<readonly string[]> {
    const { staffEnds, directory, readiness } = this.parts
    const out = await staffEnds.replace(people)
    if (readiness.isStarted || readiness.recovery) void directory.follow()
    return out
  }

  /** @throws PlatformError `not_a_practitioner` */
  proofOf(key: Bytes): PractitionerProof {
    const { staff, directory } = this.parts
    const who = staff.byKey(key)
    const proof = directory.proofOf(key)
    if (!who?.practitioner || !isInOffice(who, Date.now()))
      throw new PlatformError(
        "not_a_practitioner",
        "only a practitioner of this organisation, in the time of that role, may ask for records",
      )
    if (!proof)
      throw new PlatformError(
        "not_a_practitioner",
        "the ledger does not have the directory with this practitioner yet; try again when it has",
      )
    return proof
  }
}
