import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync, StatementSync } from "node:sqlite"
import { describe, it } from "node:test"
import { type Bytes, type Handle, randomBytes, recordCommitment, toHex, utf8 } from "@aceso/core"
import { handleOf, seedOf, temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { SLOTS } from "./postings.ts"
import { SqliteVault } from "./sqlite-vault.ts"
import type { StoredRecord } from "./vault.ts"

const options = (folder: string) => ({ folder, organisation: "city", masterKey: seedOf("master") })
const [ann, bob] = [handleOf("ann"), handleOf("bob")]
const HIV = { system: "http://snomed.info/sct", code: "86406008" }
const condition = (time: string, coding: { system: string; code: string } = HIV) => ({
  resourceType: "Condition",
  code: { coding: [coding] },
  onsetDateTime: time,
})

/** A test with a folder, in which it opens the vault as often as it wants. */
const inFolder = (f: (folder: string) => Promise<void>) => async () => {
  const folder = temporaryFolder()
  try {
    await f(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function opened<T>(folder: string, f: (vault: SqliteVault) => Promise<T>): Promise<T> {
  const vault = new SqliteVault(options(folder))
  try {
    return await f(vault)
  } finally {
    await vault.close()
  }
}

function inFile<T>(folder: string, name: string, f: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(folder, name))
  try {
    return f(db)
  } finally {
    db.close()
  }
}

async function store(
  vault: SqliteVault,
  log: Handle,
  resource: Readonly<Record<string, unknown>>,
  { recordId = randomBytes(32), version = 1 }: { recordId?: Bytes; version?: number } = {},
): Promise<StoredRecord> {
  const content = utf8(JSON.stringify(resource))
  const [{ key, salt }] = vault.keyring.make([{ record: recordId, version }])
  const operation = version === 1 ? ("create" as const) : ("update" as const)
  const index = await vault.logSize(log)
  const what = { type: String(resource.resourceType), fhirId: toHex(recordId).slice(0, 12) }
  const record = { log, index, recordId, version, operation, ...what }
  const commitment = recordCommitment(salt, content)
  await vault.append([{ ...record, commitment, key, salt, content }])
  return { ...record, commitment, height: null }
}

/** So many conditions of each patient, an hour apart. */
const fill = (vault: SqliteVault, each: number, patients: readonly Handle[] = [ann, bob]) =>
  vault.atomically(async () => {
    for (let i = 0; i < each; i++)
      for (const log of patients)
        await store(vault, log, condition(new Date(1_700_000_000_000 + i * 3_600_000).toISOString()))
  })

const TABLES = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
const shapeOf = (folder: string, file: string) =>
  inFile(folder, file, (db) =>
    (db.prepare(TABLES).all() as { name: string }[]).map(({ name }) => [
      name,
      db.prepare(`PRAGMA table_info(${name})`).all(),
    ]),
  )

/** Takes away what the format before this one did not have. */
function asBefore(folder: string): void {
  inFile(folder, "vault.db", (db) =>
    db.exec(
      "DROP TABLE postings; DROP TABLE look_up_gap; DROP INDEX records_by_record; ALTER TABLE records DROP COLUMN terms; PRAGMA user_version = 6",
    ),
  )
  inFile(folder, "keyring.db", (db) =>
    db.exec(
      "DROP INDEX record_keys_by_pointer; ALTER TABLE record_keys DROP COLUMN pointer; PRAGMA user_version = 6",
    ),
  )
}

async function count(vault: SqliteVault, more: { readonly handles?: readonly Handle[] } = {}) {
  let found = 0
  for (let after: string | undefined; ; ) {
    const page = await vault.lookUp({
      ...{ type: "Condition", code: HIV, limit: 150, ...more },
      ...(after && { after }),
    })
    found += page.records.length
    if (page.next === undefined) return found
    after = page.next
  }
}

describe("a vault from before there was an index", () => {
  it(
    "gets one, with the tables of a new one, and without finding less meanwhile",
    inFolder(async (folder) => {
      await opened(folder, (vault) => fill(vault, 150))
      const shapes = ["vault.db", "keyring.db"].map((file) => shapeOf(folder, file))
      asBefore(folder)
      assert.throws(() => new SqliteVault({ ...options(folder), isReadOnly: true }), {
        code: "vault_unusable",
        message: /format is 6: start its node once/,
      })
      await opened(folder, async (vault) => {
        await assert.rejects(count(vault), { code: "look_up_incomplete" })
        await store(vault, ann, condition("2026-05-01"))
        const told: number[] = []
        await vault.completeLookUp(({ done }) => told.push(done))
        assert.deepEqual(told, [200, 301, 301])
        assert.equal(await count(vault), 301)
        assert.equal(await count(vault, { handles: [ann] }), 151)
        assert.deepEqual([...vault.lookUpLeftOver()], [])
        await vault.completeLookUp(() => assert.fail("nothing is left"))
      })
      assert.deepEqual(
        ["vault.db", "keyring.db"].map((file) => shapeOf(folder, file)),
        shapes,
      )
    }),
  )

  it(
    "goes on where kill -9 ended it",
    inFolder(async (folder) => {
      await opened(folder, (vault) => fill(vault, 700))
      asBefore(folder)
      const child = spawn(process.execPath, [
        "--disable-warning=ExperimentalWarning",
        join(import.meta.dirname, "../testing/look-up-child.ts"),
        folder,
      ])
      const ended = once(child, "exit")
      await once(child.stdout, "data")
      child.kill("SIGKILL")
      await ended
      await opened(folder, async (vault) => {
        await assert.rejects(count(vault), { code: "look_up_incomplete" })
        let left = 0
        await vault.completeLookUp(({ done }) => {
          left = done
        })
        assert.ok(left > 0 && left < 1400, `${left}`)
        assert.equal(await count(vault), 1400)
        assert.deepEqual([...vault.lookUpLeftOver()], [])
      })
    }),
  )

  it(
    "one that another process makes anew is not written as it was before",
    inFolder(async (folder) => {
      await opened(folder, async (vault) => {
        await fill(vault, 20)
        await opened(folder, async (other) => {
          await other.forgetLookUp()
          await other.completeLookUp()
        })
        await fill(vault, 20)
        inFile(folder, "vault.db", (db) => db.exec("DELETE FROM postings"))
        await fill(vault, 5)
        assert.equal(await count(vault), 10)
      })
    }),
  )

  it(
    "an index that was forgotten is made anew",
    inFolder(async (folder) => {
      await opened(folder, async (vault) => {
        await fill(vault, 20)
        await vault.forgetLookUp()
        await assert.rejects(count(vault), { code: "look_up_incomplete" })
        await vault.completeLookUp()
        assert.equal(await count(vault), 40)
        assert.deepEqual([...vault.lookUpLeftOver()], [])
      })
    }),
  )
})

interface Row {
  readonly label: Bytes
  readonly sealed: Bytes
}
const rowsOf = (folder: string) =>
  inFile(folder, "vault.db", (db) => db.prepare("SELECT * FROM postings").all() as unknown as Row[])

describe("a stolen file", () => {
  it(
    "shows of the index how many entries there are: rows of one length, and none twice",
    inFolder(async (folder) => {
      await opened(folder, (vault) => fill(vault, 60))
      const rows = rowsOf(folder)
      assert.equal(rows.length, 120)
      assert.deepEqual([...new Set(rows.map(({ label, sealed }) => label.length + sealed.length))], [16 + 69])
      for (const part of ["label", "sealed"] as const)
        assert.equal(new Set(rows.map((row) => toHex(row[part]))).size, rows.length)
      const terms = inFile(
        folder,
        "vault.db",
        (db) => db.prepare("SELECT terms FROM records").all() as { terms: Bytes }[],
      )
      assert.equal(new Set(terms.map((row) => toHex(row.terms))).size, 120)
      assert.equal(new Set(terms.map((row) => row.terms.length)).size, 1)
      for (const file of ["vault.db", "keyring.db"])
        for (const secret of ["86406008", "snomed", "2023-11-1"])
          assert.equal(readFileSync(join(folder, file)).includes(secret), false, `${file}: ${secret}`)
    }),
  )

  it(
    "and an older one beside it show that entries came, and none that changed for another record's sake",
    inFolder(async (folder) => {
      await opened(folder, (vault) => fill(vault, SLOTS * 3))
      const before = new Map(rowsOf(folder).map(({ label, sealed }) => [toHex(label), toHex(sealed)]))
      await opened(folder, (vault) => fill(vault, 10))
      const after = rowsOf(folder)
      assert.equal(after.length, before.size + 20)
      const same = after.filter(({ label, sealed }) => before.get(toHex(label)) === toHex(sealed))
      assert.equal(same.length, before.size)
    }),
  )

  it(
    "beside the keys that are left, of a record that was erased: nobody can tell whose its entries were",
    inFolder(async (folder) => {
      await opened(folder, async (vault) => {
        const record = await store(vault, ann, condition("2026-05-01"))
        const pointer = vault.keyring.pointerOf({ record: record.recordId, version: 1 })
        inFile(folder, "keyring.db", (db) => db.exec("DELETE FROM record_keys"))
        assert.equal(vault.keyring.at(pointer), undefined)
        assert.deepEqual(await vault.lookUp({ type: "Condition", code: HIV, limit: 1 }), {
          records: [],
          erased: 1,
        })
        for (const file of ["vault.db", "vault.db-wal"])
          assert.equal(readFileSync(join(folder, file)).includes(Buffer.from(pointer)), false)
      })
    }),
  )
})

describe("what was changed in the file is refused by name", () => {
  const cases: [comment: string, change: string, message: RegExp, handles?: readonly Handle[]][] = [
    ["an entry", "UPDATE postings SET sealed = randomblob(69)", /cannot be decrypted \(row [0-9a-f]{32}\)/],
    [
      "entries that changed places",
      "UPDATE postings SET sealed = (SELECT sealed FROM postings p WHERE p.label <> postings.label LIMIT 1)",
      /cannot be decrypted/,
    ],
    ["what a record keeps of its entries", "UPDATE records SET terms = randomblob(182)", /says of version 1/],
    ["the same, of one patient", "UPDATE records SET terms = randomblob(182)", /says of version 1/, [ann]],
    ["a record without any", "UPDATE records SET terms = NULL", /is not in the look-up index/, [ann]],
    ["the type of a record", "UPDATE records SET type = 'Procedure'", /is of an older version/],
  ]
  for (const [comment, change, message, handles] of cases)
    it(
      comment,
      inFolder(async (folder) => {
        await opened(folder, (vault) => fill(vault, 1))
        inFile(folder, "vault.db", (db) => db.exec(change))
        await opened(folder, async (vault) => {
          const question = { type: "Condition", code: HIV, limit: 1, ...(handles && { handles }) }
          await assert.rejects(vault.lookUp(question), { code: "look_up_damaged", message })
        })
      }),
    )

  it(
    "an older state of an entry",
    inFolder(async (folder) => {
      const recordId = seedOf("one")
      await opened(folder, (vault) => store(vault, ann, condition("2026-05-01"), { recordId }))
      const older = rowsOf(folder)
      await opened(folder, (vault) => store(vault, ann, condition("2026-05-01"), { recordId, version: 2 }))
      inFile(folder, "vault.db", (db) => {
        for (const { label, sealed } of older)
          db.prepare("UPDATE postings SET sealed = ? WHERE label = ?").run(sealed, label)
      })
      await opened(folder, (vault) =>
        assert.rejects(vault.lookUp({ type: "Condition", code: HIV, limit: 1 }), {
          message: /of an older version/,
        }),
      )
    }),
  )
})

describe("a look-up reads", () => {
  /** Rows that statements gave back. */
  let rows = 0
  const { get, all } = StatementSync.prototype
  Object.assign(StatementSync.prototype, {
    get(this: StatementSync, ...given: never[]) {
      rows++
      return Reflect.apply(get, this, given)
    },
    all(this: StatementSync, ...given: never[]) {
      const found = Reflect.apply(all, this, given)
      rows += found.length
      return found
    },
  })
  async function readBy(f: () => Promise<unknown>): Promise<number> {
    rows = 0
    await f()
    return rows
  }

  it(
    "no more of a vault that has ten times as many patients",
    inFolder(async (folder) => {
      const reads: { page: number; patient: number; rare: number }[] = []
      for (const patients of [200, 2000])
        await opened(join(folder, String(patients)), async (vault) => {
          const handles = Array.from({ length: patients }, (_, i) => handleOf(`patient ${i}`))
          await fill(vault, 2, handles)
          const rare = { system: "urn:own", code: "rare" }
          await store(vault, handles[0], condition("2024-01-01", rare))
          const ask = (more: object) =>
            readBy(() => vault.lookUp({ type: "Condition", code: HIV, limit: 20, ...more }))
          reads.push({
            page: await ask({}),
            patient: await ask({ handles: [handles[1]] }),
            rare: await ask({ code: rare }),
          })
        })
      const [small, large] = reads
      assert.equal(large.patient, small.patient)
      assert.equal(large.rare, small.rare)
      // The tree is a few nodes deeper, each of which has 32 entries and 16 children.
      assert.ok(large.page < small.page + 4 * (SLOTS + 16), JSON.stringify(reads))
      assert.ok(large.page < 1000, JSON.stringify(reads))
    }),
  )
})
