import {
  type AccessRequest,
  accessRequest,
  type Bytes,
  type Cbor,
  decodeTrusted,
  encodeCbor,
  equalBytes,
  type PendingRequest,
  PlatformError,
} from "@aceso/core"
import type { StoredRequest, Vault } from "../vault/vault.ts"
import type { Disclosures } from "./disclosures.ts"

const LIFETIME_MS = 7 * 24 * 3600 * 1000
/** Of one patient; and of them one organisation's, so that none can use up what others need. */
const PENDING_PER_HANDLE = 100
export const PENDING_PER_REQUESTER = 8
/** Those that the patient has answered included, until they expire. */
const KEPT_PER_REQUESTER = 64

/** Access requests that wait for their patient (PRIVACY.md, Card and request). */
export class WaitingRequests {
  private readonly vault: Vault
  private readonly disclosures: Disclosures

  constructor(vault: Vault, disclosures: Disclosures) {
    this.vault = vault
    this.disclosures = disclosures
  }

  /**
   * Keeps a request for the patient to decide. A card's statement makes one request and no more: sent again, it is
   * answered with the one that waits.
   * @param auditEvent of the denial that this is for now
   * @returns the id of the request that waits
   * @throws PlatformError `policy_missing` when the patient has decided on this statement's request,
   * `too_many_requests`, `duplicate`
   */
  keep(request: AccessRequest, requester: string, auditEvent: Bytes): Promise<Bytes> {
    const { requestId, statement } = request
    const { handle, nonce } = statement
    return this.vault.atomically(async () => {
      const now = Date.now()
      await this.vault.forgetRequests(handle, now)
      const all = await this.vault.requests(handle, now)
      const theirs = all.filter((one) => one.requester === requester)
      const same = theirs.find((one) => equalBytes(one.statement, nonce))
      if (same?.state === "open") return same.id
      if (same)
        throw new PlatformError(
          "policy_missing",
          "the patient has answered the request of this card; ask for a new card",
        )
      const isOpen = ({ state }: StoredRequest) => state === "open"
      if (theirs.filter(isOpen).length >= PENDING_PER_REQUESTER)
        throw new PlatformError(
          "too_many_requests",
          `${PENDING_PER_REQUESTER} requests of ${requester} wait for this patient already; they have to be answered first`,
        )
      if (theirs.length >= KEPT_PER_REQUESTER)
        throw new PlatformError(
          "too_many_requests",
          `${requester} asked this patient ${KEPT_PER_REQUESTER} times within a week; wait`,
        )
      if (all.filter(isOpen).length >= PENDING_PER_HANDLE)
        throw new PlatformError("too_many_requests", "too many requests wait for this patient")
      const isNew = await this.vault.addRequest({
        id: requestId,
        handle,
        requester,
        statement: nonce,
        content: encodeCbor(request as unknown as Cbor),
        createdAt: now,
        expiresAt: now + LIFETIME_MS,
        state: "open",
      })
      if (!isNew)
        throw new PlatformError("duplicate", "another request has this id; send the request with a new one")
      await this.disclosures.note(handle, auditEvent, null)
      return requestId
    })
  }

  /** The patient's own view of them. */
  async ofPatient(handle: Bytes): Promise<PendingRequest[]> {
    return (await this.vault.requests(handle, Date.now())).map(({ content, requester, createdAt, state }) => {
      const request = accessRequest.parse(decodeTrusted(content), "request")
      const { requestId, purpose, classes, from, to, until, reason, practitioner } = request
      const { role, key, name } = practitioner.proof.practitioner
      return {
        requestId,
        requester,
        purpose,
        classes,
        from,
        to,
        until,
        reason,
        role,
        practitioner: key,
        ...(name !== undefined && { name }),
        createdAt,
        state,
      }
    })
  }
}
