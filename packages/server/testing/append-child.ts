import { writeSync } from "node:fs"
import { randomBytes, recordCommitment, toHex, utf8 } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { OWN_LOG } from "../vault/record-log.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"

/** A vault under load, to be killed: prints one line per record that it holds for good. Argument: folder. */
const [folder] = process.argv.slice(2)
const vault = new SqliteVault({ folder, organisation: "city", masterKey: seedOf("master") })
for (;;) {
  const recordId = randomBytes(32)
  const index = await vault.atomically(async () => {
    const next = await vault.logSize(OWN_LOG)
    const [{ key, salt }] = vault.keyring.make([{ record: recordId, version: 1 }])
    const content = utf8(`{"id":"${toHex(recordId)}"}`)
    const place = { log: OWN_LOG, index: next, recordId, version: 1, operation: "create" as const }
    const commitment = recordCommitment(salt, content)
    await vault.append([{ ...place, type: "Basic", fhirId: `r${next}`, salt, key, commitment, content }])
    return next
  })
  writeSync(1, `ack ${index} ${toHex(recordId)}\n`)
}
