import { openInput } from "@aceso/contracts"
import {
  type Bytes,
  equalBytes,
  PlatformError,
  type Process,
  type PublicKey,
  partyOf,
  readPayload,
  signPayload,
  withSignatures,
} from "@aceso/core"
import type { Submitted } from "@aceso/ledger"
import type { LedgerClient } from "../node/ledger-client.ts"

/**
 * Pays for the opening of a case by somebody who is no member (CAPABILITIES.md, Cases): signs an opening of a process that
 * a key opens, and nothing else. Who it is for is not known here, nor kept.
 */
export class Sponsor {
  private readonly ledger: LedgerClient
  private readonly processes: readonly Process[]
  /** Openings that were paid for in the last minute, ms. */
  private recent: number[] = []

  constructor(ledger: LedgerClient, processes: readonly Process[]) {
    this.ledger = ledger
    this.processes = processes
  }

  /**
   * @param payload signed by the case key
   * @throws PlatformError `not_sponsored`, `sponsor_busy`, and those of the engine; Rejection of the contract
   */
  open(payload: Bytes, signature: Bytes): Promise<Submitted> {
    const { network, contract, action, input, signers } = readPayload(payload)
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
    this.take()
    const signatures = [
      { key: other, signature },
      { key: own, signature: signPayload(payload, this.ledger.seed) },
    ]
    return this.ledger.submit(withSignatures(payload, signatures))
  }

  /** Others' openings take a small part of what this organisation itself may send. @throws PlatformError `sponsor_busy` */
  private take(now = Date.now()): void {
    this.recent = this.recent.filter((at) => at > now - MINUTE_MS)
    if (this.recent.length >= MAX_PER_MINUTE)
      throw new PlatformError(
        "sponsor_busy",
        `this organisation has paid for ${MAX_PER_MINUTE} openings within a minute; try again in a minute, or with another sponsor`,
      )
    this.recent.push(now)
  }
}

const MINUTE_MS = 60_000
/** An opening counts as all its steps by keys: of a quota of 20,000 in 10 s this is about a hundredth. */
const MAX_PER_MINUTE = 60

const refused = (why: string) =>
  new PlatformError("not_sponsored", `this organisation does not sign that: ${why}`)
