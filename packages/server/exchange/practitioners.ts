import { directories, type MemberCaller, memberKeys, memberOf, members } from "@aceso/contracts"
import { type Bytes, PlatformError, type PractitionerWord, verifyPractitioner, verifyWord } from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** The member whose valid key this is. @throws PlatformError with the reason */
export async function memberByKey(engine: Engine, key: Bytes): Promise<MemberCaller> {
  const rows = await engine.read(memberKeys, [key])
  if (!rows) throw new PlatformError("unknown_key", "no member of the network has this key")
  const { checkpoint } = await engine.status()
  const row = await engine.read(members, [rows.member])
  const state = {
    get: (table: { name: string }) => (table.name === "memberKeys" ? rows : row) as never,
  }
  const found = memberOf(state, key, Math.max(checkpoint.time, Date.now()))
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
