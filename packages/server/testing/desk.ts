import {
  type Bytes,
  handleSeed,
  type PublicKey,
  pairingCommitment,
  pairingDigits,
  publicKey,
  randomBytes,
  readAuditEvent,
  signFirstKey,
  signPairing,
} from "@aceso/core"
import { ConfirmedDevices, enrolmentMigrations } from "../enrolment/confirmed.ts"
import { Enrolments } from "../enrolment/enrolments.ts"
import { Rekeys } from "../enrolment/rekeys.ts"
import { Policies } from "../exchange/policies.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import { Pairings } from "../pairing/pairings.ts"
import type { TestCustodian } from "./custodian.ts"

/** A node's part of enrolments, for tests; made again, it is the same node after a restart. */
export function deskOf({ vault, disclosures }: TestCustodian, client: LedgerClient) {
  const clock = { later: 0 }
  const now = () => Date.now() + clock.later
  const { network } = client.engine
  const pairings = new Pairings({ network, member: client.member }, now)
  const database = vault.moduleDatabase("enrolments", enrolmentMigrations)
  const confirmed = new ConfirmedDevices(database)
  const policies = new Policies(vault, client, disclosures)
  /** What was noted in patients' audits. */
  const noted: NonNullable<ReturnType<typeof readAuditEvent>>[] = []
  const rekeys = new Rekeys(
    {
      ...{ database, vault, ledger: client },
      disclosures: {
        note: (handle, event, body) => {
          const facts = readAuditEvent(event)
          if (facts) noted.push(facts)
          return disclosures.note(handle, event, body)
        },
      },
    },
    now,
  )
  const enrolments = new Enrolments({ vault, ledger: client, pairings, confirmed, policies, rekeys }, now)
  /** A device that comes with a code. */
  const come = (code: string, seed = randomBytes(32)) => {
    const key = publicKey(seed)
    const begun = pairings.begin(code, pairingCommitment(key))
    pairings.show(code, key, signPairing(begun, seed))
    return { key, digits: pairingDigits(begun.invitation, key, begun.nonce) }
  }
  /** A device whose digits lin has typed. @param lostBy the patient's own is lost, says whoever has this key */
  const join = async (
    alias: string,
    { seed, lostBy }: { readonly seed?: Bytes; readonly lostBy?: PublicKey } = {},
  ) => {
    const { code } = await enrolments.invite(alias, "lin", lostBy)
    const { key, digits } = come(code, seed)
    await enrolments.confirm(code, digits, "lin")
    return { code, pairing: key }
  }
  /** What a sound device signs for this patient, by the key that follows from its seed. */
  const signed = async ({ pairing }: { readonly pairing: PublicKey }, seed: Bytes = randomBytes(32)) => {
    const told = await enrolments.person(pairing)
    const keySeed = handleSeed(seed, client.member, told.handle, told.keyNumber)
    const first = { network, ...told }
    const envelope = signFirstKey(first, keySeed, Date.now() + 120_000)
    return { told, first, keySeed, key: publicKey(keySeed), envelope }
  }
  /** An event of the ledger, as the reactor hears it. */
  const react = (name: "rekeyBegun" | "rekeyCancelled", handle: Bytes, height: number) =>
    rekeys.note({
      ...{ contract: "people", name, height, transaction: 0, index: 0 },
      data: { custodian: client.member, handle },
    })
  return { clock, pairings, enrolments, rekeys, policies, noted, come, join, signed, react }
}
export type Desk = ReturnType<typeof deskOf>
