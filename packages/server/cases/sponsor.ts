import { openInput } from "@aceso/contracts"
import {
  type Bytes,
  equalBytes,
  judgeEnvelope,
  PlatformError,
  type Process,
  type PublicKey,
  partyOf,
  readPayload,
  signPayload,
  toHex,
  withSignatures,
} from "@aceso/core"
import type { Submitted } from "@aceso/ledger"
import type { LedgerClient } from "../node/ledger-client.ts"

/**
 * Pays for the opening of a case by somebody who is no member (CAPABILITIES.md, Cases): signs an opening of a process that
 * a key opens, and nothing else. Who it is for is not kept.
 */
export class Sponsor {
  private readonly ledger: LedgerClient
  private readonly processes: readonly Process[]
  private readonly isKnown: (key: PublicKey) => Promise<boolean>
  /** Openings that were paid for in the last minute: when, ms, by their payload's id. */
  private readonly recent = { known: new Map<string, number>(), strangers: new Map<string, number>() }

  /** @param isKnown whether a case key is of somebody whom this organisation knows: there is room for them apart */
  constructor(
    ledger: LedgerClient,
    processes: readonly Process[],
    isKnown: (key: PublicKey) => Promise<boolean>,
  ) {
    this.ledger = ledger
    this.processes = processes
    this.isKnown = isKnown
  }

  /**
   * @param payload signed by the case key
   * @throws PlatformError `not_sponsored`, `bad_signature`, `expired`, `sponsor_busy`, and those of the engine;
   * Rejection of the contract
   */
  async open(payload: Bytes, signature: Bytes): Promise<Submitted> {
    const { network, contract, action, input, signers, expiry } = readPayload(payload)
    const own = this.ledger.key as PublicKey
    const other = signers.find((key) => !equalBytes(key, own))
    if (network !== this.ledger.engine.network || contract !== "cases" || action !== "open")
      throw refused("only the opening of a case of this network is paid for")
    if (signers.length !== 2 || other === undefined || !signers.some((key) => equalBytes(key, own)))
      throw refused("it has to name two signers, the case key and this organisation's key")
    const opening = openInput.parse(input, "input")
    const process = this.processes.findLast(({ name }) => name === opening.process)
    if (!process || partyOf(process, process.opens.by)?.is !== "key")
      throw refused(`${opening.process} is no process that somebody without an organisation opens`)
    if (opening.documents.length !== process.opens.documents.length || opening.capabilities.length > 0)
      throw refused(`an opening of ${process.name} brings ${process.opens.documents.length} documents`)
    const envelope = withSignatures(payload, [
      { key: other, signature },
      { key: own, signature: signPayload(payload, this.ledger.seed) },
    ])
    const verdict = judgeEnvelope(envelope, network)
    if (!verdict.ok) throw new PlatformError(verdict.rejection, verdict.detail)
    // Blocks show what others signed: handed in again, it must take nobody's room.
    if (expiry <= Date.now())
      throw new PlatformError("expired", "the transaction expired before its block; sign it anew")
    const recent = (await this.isKnown(other)) ? this.recent.known : this.recent.strangers
    take(recent, toHex(verdict.envelope.payloadId))
    return this.ledger.submit(envelope)
  }
}

const MINUTE_MS = 60_000
/**
 * Of people who are known here, and of strangers. An opening counts as all its steps by keys: of a quota of 20,000 in
 * 10 s this is about a hundredth.
 */
const MAX_PER_MINUTE = 60

/** Others' openings take a small part of what this organisation itself may send. @throws PlatformError `sponsor_busy` */
function take(recent: Map<string, number>, id: string, now = Date.now()): void {
  for (const [one, at] of recent) if (at <= now - MINUTE_MS) recent.delete(one)
  if (recent.has(id)) return
  if (recent.size >= MAX_PER_MINUTE)
    throw new PlatformError(
      "sponsor_busy",
      `this organisation has paid for ${MAX_PER_MINUTE} openings within a minute; try again in a minute, or with another sponsor`,
    )
  recent.set(id, now)
}

const refused = (why: string) =>
  new PlatformError("not_sponsored", `this organisation does not sign that: ${why}`)
