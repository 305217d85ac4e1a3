import { directories, licences, memberKeys, members, signerOf } from "@aceso/contracts"
import {
  type Bytes,
  type Member,
  memberOf,
  PlatformError,
  type PractitionerWord,
  verifyPractitioner,
  verifyWord,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** The member whose valid key this is. @throws PlatformError with the reason */
export async function memberByKey(engine: Engine, key: Bytes): Promise<Member> {
  const owner = await engine.read(memberKeys, [key])
  if (!owner) throw new PlatformError("unknown_key", "no member of the network has this key")
  const { checkpoint } = await engine.status()
  const rows = new Map<string, unknown>([
    [memberKeys.name, owner],
    [members.name, await engine.read(members, [owner.member])],
    [licences.name, await engine.read(licences, [owner.member])],
  ])
  const state = { get: ({ name }: { name: string }) => rows.get(name) as never }
  const found = memberOf(signerOf(state, key, Math.max(checkpoint.time, Date.now())))
  if ("rejection" in found)
    throw new PlatformError(found.rejection, `the member's key is refused: ${found.rejection}`)
  return found
}

/** @throws PlatformError `unknown_practitioner`, `bad_signature` */
export async function checkPractitioner(
  engine: Engine,
  member: string,
  word: PractitionerWord,
  spoken: { custodian: string; purpose: string; handle: Bytes; nonce: Bytes; time: number },
): Promise<void> {
  const directory = await engine.read(directories, [member])
  if (!directory || !verifyPractitioner(directory.root, word.proof, Date.now()))
    throw new PlatformError(
      "unknown_practitioner",
      `the directory of ${member} does not hold this practitioner now`,
    )
  if (!verifyWord(word, spoken.custodian, spoken.purpose, spoken.handle, spoken.nonce, spoken.time))
    throw new PlatformError("bad_signature", "the practitioner's own signature does not fit the request")
}
