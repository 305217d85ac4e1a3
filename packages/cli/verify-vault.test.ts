import assert from "node:assert/strict"
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, before, describe, it } from "node:test"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { type Child, Cli, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("verify-vault")
const at = (...names: string[]) => join(cli.folder, ...names)
let node: Child
let runningNow: Verified
/** While imports come one after the other. */
const underLoad: Verified[] = []

interface Verified {
  readonly ok: boolean
  readonly height: number
  readonly checked: { readonly records: number }
  readonly findings: readonly { readonly kind: string; readonly where: string; readonly detail: string }[]
  readonly notes: readonly string[]
}

async function verify(home: string): Promise<Verified> {
  const { status, out, err } = await cli.run(`verify --folder authority --with ${home} --json`)
  const result = JSON.parse(out) as Verified
  assert.equal(status, result.ok ? 0 : 1, err)
  return result
}

before(async () => {
  const ports = await freePorts(3)
  const kinds = { authority: "authority", clinic: "custodian", stranger: "authority" }
  for (const [i, [member, kind]] of Object.entries(kinds).entries()) {
    const url = `http://127.0.0.1:${ports[i]}`
    await cli.json(`init --folder ${member} --member ${member} --name ${member} --kind ${kind} --url ${url}`)
  }
  await cli.json("init --folder alone --member alone --name a --kind custodian --url http://127.0.0.1:9")
  await cli.json("network create --folder authority --network north --with clinic/application.json")
  await cli.json("network create --folder stranger --network south")
  await cli.json("join authority/invitation.json --folder clinic")
  writeFileSync(
    at("patient.json"),
    JSON.stringify({ resourceType: "Patient", id: "p1", birthDate: "1960-01-01" }),
  )
  node = cli.start("up --folder authority --with clinic")
  for (const port of ports.slice(0, 2))
    await node.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${port}$`, "m"))
  await cli.json("import patient.json --folder clinic")
  runningNow = await verify("clinic")
  let isImporting = true
  const imports = (async () => {
    for (let i = 0; isImporting; i++) {
      const name = `load-${i}.json`
      const resource = { resourceType: "Observation", id: `o${i}`, subject: { reference: "Patient/p1" } }
      writeFileSync(at(name), JSON.stringify(resource))
      await cli.json(`import ${name} --folder clinic`)
    }
  })()
  for (let i = 0; i < 4; i++) underLoad.push(await verify("clinic"))
  isImporting = false
  await imports
  assert.equal(await node.stop("SIGTERM"), 0, node.err)
})
after(() => cli.end())

describe("verify of homes checks their vaults", () => {
  it("of the node of the folder and of those on its engine, while they run", () => {
    assert.deepEqual(runningNow.findings, [])
    assert.ok(runningNow.checked.records >= 1)
    assert.match(runningNow.notes[0], /vaults: authority, clinic$/)
  })

  it("again and again while they import", () => {
    for (const { findings } of underLoad) assert.deepEqual(findings, [])
    assert.ok(underLoad[3].height > underLoad[0].height)
    assert.ok(underLoad[3].checked.records > runningNow.checked.records)
  })

  it("and changes nothing in them", async () => {
    const files = globSync("{authority,clinic}/vault/*.db", { cwd: cli.folder }).map((name) => at(name))
    assert.equal(files.length, 4)
    const content = () => files.map((file) => readFileSync(file, "latin1"))
    const before = content()
    assert.equal((await verify("clinic")).ok, true)
    assert.deepEqual(content(), before)
  })

  const faults: [what: string, spoil: (folder: string) => void, kind: string, where: string, says: RegExp][] =
    [
      ["a flipped byte of a record", flip, "record_damaged", "clinic Patient/p1 version 1", /./],
      [
        "a key of another vault",
        (f) => cpSync(at("authority/secrets/vault.key"), `${f}/secrets/vault.key`),
        "wrong_key",
        "vault of clinic",
        /put back the vault\.key/,
      ],
      [
        "a key that is not there",
        (f) => rmSync(`${f}/secrets/vault.key`),
        "bad_secret",
        "vault of clinic",
        /vault\.key cannot be read/,
      ],
      [
        "a keyring that is not there",
        (f) => rmSync(`${f}/vault/keyring.db`),
        "keyring_missing",
        "vault of clinic",
        /keyring\.db/,
      ],
      [
        "records that are not there",
        (f) => {
          const db = new DatabaseSync(`${f}/vault/vault.db`)
          db.exec("DELETE FROM records")
          db.close()
        },
        "vault_log_differs",
        "clinic person-1",
        /the vault has 0 entries, the ledger \d+/,
      ],
    ]
  for (const [i, [what, spoil, kind, where, says]] of faults.entries())
    it(`finds ${what}, and checks the chain all the same`, async () => {
      const copy = at(`spoilt-${i}`)
      cpSync(at("clinic"), copy, { recursive: true })
      spoil(copy)
      const { findings, height } = await verify(`spoilt-${i}`)
      assert.deepEqual(
        findings.filter((one) => one.where !== "clinic own log").map((one) => [one.kind, one.where]),
        [[kind, where]],
      )
      assert.match(findings[0].detail, says)
      assert.ok(height >= 4)
    })

  const wrong: [line: string, says: RegExp][] = [
    ["verify --folder authority --with stranger", /stranger: this node belongs to another network/],
    ["verify --folder authority --with nothing", /nothing: this is no node's folder/],
    ["verify patient.json --with clinic", /--with comes with --folder/],
    [
      "verify --folder clinic",
      /its node runs on the engine of authority.*: aceso verify --folder <authority's folder> --with clinic$/m,
    ],
    ["verify --folder clinic --with authority", /aceso verify --folder <authority's folder> --with clinic$/m],
    ["rebuild-state --folder clinic", /aceso rebuild-state --folder <authority's folder>$/m],
    ["verify --folder stranger", /stranger has no ledger yet: .* aceso up --folder stranger$/m],
    ["verify --folder alone", /alone belongs to no network yet: join one with aceso join/],
    ["verify --folder nothing", /nothing holds no genesis\.json; name a node's or a demo's folder/],
  ]
  for (const [line, says] of wrong)
    it(`${line} -> 2`, async () => {
      const outcome = await cli.run(line)
      assert.equal(outcome.status, 2)
      oneSentence(outcome, says)
    })
})

/** Flips a bit of the patient's ciphertext in the file, as a failing disk does. */
function flip(folder: string): void {
  const path = `${folder}/vault/vault.db`
  const db = new DatabaseSync(path, { readOnly: true })
  const row = db.prepare(
    "SELECT ciphertext FROM contents WHERE id = (SELECT content FROM records WHERE type = 'Patient')",
  )
  const { ciphertext } = row.get() as { ciphertext: Uint8Array }
  db.close()
  const bytes = readFileSync(path)
  const place = bytes.indexOf(ciphertext)
  assert.ok(place > 0)
  bytes[place + 20] ^= 1
  writeFileSync(path, bytes)
}
