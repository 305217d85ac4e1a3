import { type AskBackAnswer, post, returnedAnswer, type returnedQuestion } from "@aceso/client"
import { members } from "@aceso/contracts"
import {
  auditEventHash,
  type Bytes,
  decodeTrusted,
  domainHash,
  EXCHANGE_TAG,
  equalBytes,
  type Infer,
  indexedLines,
  manifestBody,
  messageOf,
  readAuditEvent,
  toHex,
} from "@aceso/core"
import { keysOf } from "../exchange/members.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Outbound } from "../node/outbound.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"

/** One answer of another member; the rest is asked for again. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20
const TAGS = 500
/** How long a requester keeps what opens an answer that it got: no backup of keys is older (PRIVACY.md, Erasure). */
export const KEEP_RECEIVED_MS = 30 * 24 * 3600_000

/** What this node was answered by a custodian that asks for it now, as far as one answer holds. */
export async function returned(
  vault: SqliteVault,
  { tags }: Infer<typeof returnedQuestion>,
  custodian: string,
): Promise<Infer<typeof returnedAnswer>> {
  const openings = []
  let size = 0
  for (const tag of tags) {
    const found = await vault.received(custodian, tag)
    if (!found) continue
    size += found.auditEvent.length + (found.body?.length ?? 0)
    if (size > MAX_ANSWER_BYTES && openings.length > 0) break
    const { auditEvent, auditSalt, body } = found
    openings.push({ tag, auditEvent, auditSalt, body })
  }
  return { openings }
}

/**
 * Asks all members for the openings of disclosures that a recovery lost. What fits the ledger's leaf is this
 * custodian's own AuditEvent again; whatever it released that is lost now is told.
 */
export async function askBack(
  vault: SqliteVault,
  ledger: LedgerClient,
  outbound: Outbound,
): Promise<AskBackAnswer> {
  const { engine, member, seed } = ledger
  const silent: { member: string; detail: string }[] = []
  const released: AskBackAnswer["released"][number][] = []
  const before = await vault.lostDisclosureCount()
  let total = 0
  for (const { key, row } of await engine.scan(members)) {
    if (key[0] === member || row.status !== "active") continue
    try {
      for (let after: Bytes = new Uint8Array(0); ; ) {
        const tags = await vault.lostDisclosureTags(after, TAGS)
        if (tags.length === 0) break
        const { openings } = await post(
          `${row.url}/exchange/returned`,
          { tags: [...tags] },
          { seed, tag: EXCHANGE_TAG },
          returnedAnswer,
          { responderKeys: await keysOf(engine, key[0]), fetch: outbound.fetch },
        )
        let last: Bytes | undefined
        for (const opening of openings) {
          const taken = await takeBack(vault, opening)
          if (!taken) continue
          last = !last || Buffer.compare(opening.tag, last) > 0 ? opening.tag : last
          if (taken.indexes.length === 0) continue
          total++
          if (released.length < 1000) released.push(taken)
        }
        // An answer may have been cut short: the next question begins after the last opening that held. Each such
        // step takes one at least from what is lost, so nobody's answers go on for ever.
        after = last ?? tags[tags.length - 1]
      }
    } catch (error) {
      silent.push({ member: key[0], detail: messageOf(error).slice(0, 2000) })
    }
  }
  return { asked: before, returned: before - (await vault.lostDisclosureCount()), silent, total, released }
}

/** @returns what it released of what is lost, perhaps nothing; undefined: it is not what was committed */
function takeBack(
  vault: SqliteVault,
  { tag, auditEvent, auditSalt, body }: Infer<typeof returnedAnswer>["openings"][number],
): Promise<AskBackAnswer["released"][number] | undefined> {
  return vault.atomically(async () => {
    const lost = await vault.lostDisclosure(tag)
    if (!lost || !equalBytes(auditEventHash(auditSalt, auditEvent), lost.event)) return undefined
    // The leaf vouches for the AuditEvent, and only the AuditEvent for the answer's body.
    const facts = readAuditEvent(auditEvent)
    if (facts?.manifestBody !== (body ? toHex(domainHash("manifest-body", body)) : undefined))
      return undefined
    const { handle, n, event } = lost
    await vault.forgetLostDisclosure(tag)
    await vault.addDisclosure({
      handle,
      n,
      tag,
      salt: auditSalt,
      auditEvent,
      body,
      event,
      includeBy: 0,
      height: 0,
    })
    const time = (facts?.time ?? "?").slice(0, 40)
    if (!body) return { requester: "", time, handle, indexes: [] }
    const parsed = manifestBody.parse(decodeTrusted(body), "body")
    const gone = new Set((await vault.lostEntries(parsed.handle)).map(({ index }) => index))
    const indexes = indexedLines(parsed).flatMap(({ status, index }) =>
      status === "released" && gone.has(index) ? [index] : [],
    )
    return { requester: parsed.recipient, time, handle: parsed.handle, indexes }
  })
}
