import {
  auditEventHash,
  type Bytes,
  type DocumentSummary,
  equalBytes,
  isSamePlace,
  type MemberId,
  nameOf,
  type Place,
  PlatformError,
  type PolicyDocument,
  type PolicyState,
  policyRoot,
  readAuditEvent,
  readEnvelope,
  summarise,
  toHex,
  verifyPromise,
} from "@aceso/core"
import {
  type Delivery,
  type Device,
  type DeviceMemory,
  MAX_DIFFERENCES,
  MAX_ROOTED,
  MAX_WAITING,
  type PlaceMemory,
  type RootedPolicy,
  type SignedDifference,
} from "./device.ts"
import { changeInput } from "./pending.ts"
import type { DisclosedAnswer } from "./schemas.ts"

/** No promise may lie further ahead; clocks differ. */
const MAX_PROMISE_MS = 720_000

/** What a change of a policy added and took back, for people. */
export interface PolicyDifference {
  readonly added: readonly DocumentSummary[]
  readonly removed: readonly DocumentSummary[]
}

/** Documents are told apart by their content and their salt. */
function differenceOf(
  before: readonly PolicyDocument[],
  after: readonly PolicyDocument[],
): Pick<SignedDifference, "added" | "removed"> {
  const named = ({ content, salt }: PolicyDocument) => nameOf(salt) + nameOf(content)
  const [old, now] = [before, after].map((documents) => new Set(documents.map(named)))
  return {
    added: after.filter((one) => !old.has(named(one))),
    removed: before.filter((one) => !now.has(named(one))),
  }
}

/** Bytes of documents that are remembered for reading: about 1,000 consents that changes added or took back. */
const MAX_DIFFERENCE_BYTES = 2 * 2 ** 20
/** The same of policies as a whole, by which accesses are decided again. */
const MAX_POLICY_BYTES = 2 ** 20

/** As many of the newest as have room; the newest one always. */
function newest<T>(
  all: readonly T[],
  most: number,
  mostBytes: number,
  documentsOf: (one: T) => readonly PolicyDocument[],
): T[] {
  let left = mostBytes
  const kept = all.slice(-most)
  const first = kept.findLastIndex((one) => {
    left -= documentsOf(one).reduce((sum, { content }) => sum + content.length, 0)
    return left < 0
  })
  return kept.slice(Math.min(first + 1, kept.length - 1))
}

const differencesWith = (differences: readonly SignedDifference[], one: SignedDifference) =>
  newest([...differences, one], MAX_DIFFERENCES, MAX_DIFFERENCE_BYTES, ({ added, removed }) => [
    ...added,
    ...removed,
  ])

/** @returns undefined: it is remembered already */
function policiesWith(policies: readonly RootedPolicy[], one: RootedPolicy): RootedPolicy[] | undefined {
  if (policies.some(({ root }) => equalBytes(root, one.root))) return undefined
  return newest([...policies, one], MAX_ROOTED, MAX_POLICY_BYTES, ({ documents }) => documents)
}

/** A policy change as the patient's device signed it. */
export type SignedChange = Pick<Delivery, "envelope" | "salt" | "documents">

/** How the device looks something up on the ledger, by proof. */
export interface Proofs {
  /** Whose key it is, or was, asked of the custodian itself: nobody else learns that there is something to ask. */
  memberOfKey(custodian: MemberId, key: Bytes): Promise<string | undefined>
  /** What the disclosure log of a custodian has under a tag. */
  event(custodian: MemberId, tag: Bytes): Promise<Bytes | undefined>
}

/**
 * What a device remembers of its policy changes until each stands in the custodian's disclosure log: a custodian that
 * was restored from a backup gets them again (PRIVACY.md, Policy).
 */
export class Deliveries {
  private readonly network: string
  private readonly device: Device
  private readonly proofs: Proofs

  constructor(network: string, device: Device, proofs: Proofs) {
    this.network = network
    this.device = device
    this.proofs = proofs
  }

  /**
   * The documents as this device last signed them, if nobody has signed others since: another device of the same
   * patient may have, also the very same version, and what it took back must not come to life again.
   * @param shown the newest version that the custodian shows, and its root
   */
  async documents(
    place: Place,
    shown: Pick<PolicyState, "version" | "root">,
  ): Promise<readonly PolicyDocument[] | undefined> {
    const { signed } = await this.memoryOf(place)
    if (!signed) return undefined
    const isShown = signed.version === shown.version && shown.root && equalBytes(signed.root, shown.root)
    // A custodian that shows too old a version gains nothing: the ledger refuses a change that builds on it.
    return isShown || signed.version > shown.version ? signed.documents : undefined
  }

  /** What each change added and took back; undefined: this device did not sign it, or not since it keeps what it signs. */
  async differences(place: Place): Promise<(payloadId: string) => PolicyDifference | undefined> {
    const { differences } = await this.memoryOf(place)
    return (payloadId) => {
      const found = differences?.find((one) => toHex(one.payloadId) === payloadId)
      return found && { added: found.added.map(summarise), removed: found.removed.map(summarise) }
    }
  }

  /** Policies as they were signed, or shown here, by their root: also those of before. */
  async policies(place: Place): Promise<readonly RootedPolicy[]> {
    return (await this.memoryOf(place)).policies ?? []
  }

  /** Remembers a policy that a custodian shows, if its documents give the root. */
  async shown(place: Place, { root, salt, documents }: PolicyState): Promise<void> {
    if (!root || !salt || !equalBytes(root, policyRoot(documents, salt))) return
    const one = { root, documents: [...documents] }
    if (!policiesWith(await this.policies(place), one)) return
    try {
      await this.change(place, ({ policies = [] }) => ({ policies: policiesWith(policies, one) ?? policies }))
    } catch (error) {
      // Whoever looks at permissions sees them, also where there is no room to remember them.
      if (!(error instanceof PlatformError && error.code === "memory_full")) throw error
    }
  }

  /**
   * @param before what the change builds on; undefined: it is delivered again
   * @throws PlatformError `bad_answer` when the custodian's answer promises nothing about this change
   */
  async taken(
    place: Place,
    { envelope, salt, documents }: SignedChange,
    answer: DisclosedAnswer,
    before?: readonly PolicyDocument[],
  ): Promise<void> {
    const isPromised = await this.isPromised(place, envelope, answer)
    // Without a promise that holds it is overdue at once.
    const promise = isPromised ? answer.promise : { ...answer.promise, includeBy: 0 }
    const { payload, payloadId } = readEnvelope(envelope)
    const { base, root } = changeInput.parse(payload.input, "input")
    await this.change(place, ({ signed, waiting, differences = [], policies = [] }) => ({
      // What is delivered again was signed before what this device signed last.
      signed: waiting.some((one) => equalBytes(one.envelope, envelope))
        ? signed
        : { documents: [...documents], version: base + 1, root },
      waiting: [
        ...waiting.filter((one) => !equalBytes(one.envelope, envelope)),
        { envelope, salt, documents: [...documents], promise },
      ].slice(-MAX_WAITING),
      ...(before && {
        differences: differencesWith(differences, { payloadId, ...differenceOf(before, documents) }),
      }),
      policies: policiesWith(policies, { root, documents: [...documents] }) ?? policies,
    }))
    if (!isPromised)
      throw new PlatformError(
        "bad_answer",
        `${place.custodian} took the change and gave no valid promise for it; it is kept on this device and delivered again`,
      )
  }

  /**
   * Forgets what stands in the log by now.
   * @returns what should stand there and does not, oldest first
   */
  async overdue(place: Place): Promise<readonly Delivery[]> {
    const done = new Set<string>()
    const overdue: Delivery[] = []
    for (const one of (await this.memoryOf(place)).waiting) {
      const event = await this.proofs.event(place.custodian, one.promise.tag)
      if (event && equalBytes(event, one.promise.event)) done.add(nameOf(one.envelope))
      else if (Date.now() > one.promise.includeBy) overdue.push(one)
    }
    if (done.size > 0) await this.forget(place, done)
    return overdue
  }

  /** What is delivered no more: a newer change stands for it. */
  drop(place: Place, deliveries: readonly Delivery[]): Promise<void> {
    return this.forget(place, new Set(deliveries.map(({ envelope }) => nameOf(envelope))))
  }

  private forget(place: Place, names: ReadonlySet<string>): Promise<void> {
    return this.change(place, ({ waiting }) => ({
      waiting: waiting.filter(({ envelope }) => !names.has(nameOf(envelope))),
    }))
  }

  private async isPromised(
    { custodian }: Place,
    envelope: Bytes,
    { promise, auditEvent, auditSalt }: DisclosedAnswer,
  ): Promise<boolean> {
    return (
      promise.custodian === custodian &&
      promise.includeBy <= Date.now() + MAX_PROMISE_MS &&
      verifyPromise(promise, this.network) &&
      equalBytes(auditEventHash(auditSalt, auditEvent), promise.event) &&
      readAuditEvent(auditEvent)?.policyChange === toHex(readEnvelope(envelope).payloadId) &&
      (await this.proofs.memberOfKey(custodian, promise.key)) === custodian
    )
  }

  private async memoryOf(place: Place): Promise<PlaceMemory> {
    return memoryOf(await this.device.read(), place)
  }

  private change(
    place: Place,
    edit: (memory: PlaceMemory) => Partial<Omit<PlaceMemory, keyof Place>>,
  ): Promise<void> {
    return this.device.change((all) => {
      const memory = memoryOf(all, place)
      const others = all.places.filter((one) => !isSamePlace(one, place))
      return { ...all, places: [...others, { ...memory, ...edit(memory) }] }
    })
  }
}

const memoryOf = ({ places }: DeviceMemory, place: Place): PlaceMemory =>
  places.find((one) => isSamePlace(one, place)) ?? {
    custodian: place.custodian,
    handle: place.handle,
    signed: null,
    waiting: [],
  }
