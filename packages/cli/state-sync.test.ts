// needs: cometbft
import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { type Child, Cli, oneSentence } from "./testing/aceso.ts"

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0
const cli = new Cli("state-sync")
const at = (...names: string[]) => join(cli.folder, ...names)
const names = ["authority", "city", "late"]
const running = new Map<string, Child>()

interface Status {
  readonly checkpoint: { readonly height: number }
  readonly prunedUpTo?: number
  readonly checkpoints?: { readonly countersigned: { readonly height: number } | null }
}
const statusOf = (name: string) => cli.json<Status>(`status --folder ${name}`)
const configOf = (name: string) => JSON.parse(readFileSync(at(name, "node.json"), "utf8"))

const up = (name: string) => {
  const child = cli.start(`up --folder ${name}`)
  running.set(name, child)
  return child
}

/** One certificate for all, which nobody's system trusts. */
function certify(): void {
  const argv = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  const out = ["-keyout", at("key.pem"), "-out", at("certificate.pem"), "-subj", "/CN=localhost"]
  execFileSync("openssl", [...argv, ...out, "-addext", "subjectAltName=DNS:localhost"], { stdio: "ignore" })
  cli.environment.NODE_EXTRA_CA_CERTS = at("certificate.pem")
  delete cli.environment.SSL_CERT_FILE
  cli.environment.PATH = `${dirname(process.env.ACESO_COMETBFT ?? "/")}:${process.env.PATH}`
}

let patients = 0
async function importOne(): Promise<void> {
  const patient = { resourceType: "Patient", id: `p${patients++}`, birthDate: "1960-01-01" }
  writeFileSync(at("patient.json"), JSON.stringify(patient))
  await cli.json("import patient.json --folder city")
}

before(async () => {
  if (!hasOpenssl) return
  certify()
  const ports = await freePorts(9)
  for (const [i, name] of names.entries()) {
    const [http, p2p, rpc] = ports.slice(3 * i, 3 * i + 3)
    const kind = name === "authority" ? "authority" : "custodian"
    const tls = `--tls-certificate ${at("certificate.pem")} --tls-key ${at("key.pem")}`
    await cli.json(
      `init --folder ${name} --member ${name} --name ${name} --kind ${kind} --url https://localhost:${http} ${tls} --engine cometbft --p2p 127.0.0.1:${p2p} --rpc-port ${rpc}`,
    )
    const { cometbft, ...config } = configOf(name)
    const changed = { ...config, checkpointEveryMs: 1000, cometbft: { ...cometbft, snapshotEvery: 10 } }
    writeFileSync(at(name, "node.json"), JSON.stringify(changed))
  }
})
after(() => cli.end())

const skip = hasOpenssl ? false : "openssl is not installed"
describe("a node that joins late with a snapshot", { skip }, () => {
  it("is refused a header while no member shows one", async () => {
    await cli.json("network create --folder authority --network north --with city/application.json")
    await cli.json("join authority/invitation.json --folder city")
    const { status, err } = await cli.run("join authority/invitation.json --folder late --state-sync")
    assert.equal(status, 3, err)
    oneSentence({ err }, /cannot be reached/)
    assert.equal(configOf("late").cometbft.stateSync, undefined)
    assert.equal(existsSync(at("late", "genesis.json")), false, "nothing was taken")
  })

  it("takes a header behind the founder's checkpoint, which city signed too", async () => {
    for (const name of ["authority", "city"]) up(name)
    for (const name of ["authority", "city"]) await running.get(name)?.says(/^ready in \d+ ms http/m)
    await running.get("authority")?.says(/admitted city/)
    await importOne()
    // Until both have signed the same block of the last second.
    while (!(await statusOf("authority")).checkpoints?.countersigned) await delay(100)
    const joined = await cli.json<{ header: { height: number; hash: string }; signedBy: string[] }>(
      "join authority/invitation.json --folder late --state-sync",
    )
    assert.equal(joined.signedBy[0], "authority")
    const { servers, height, hash } = configOf("late").cometbft.stateSync
    assert.deepEqual([height, hash], [joined.header.height, joined.header.hash])
    assert.equal(servers.length, 2)
    assert.match(servers[0], /^https:\/\/localhost:\d+\/comet$/)
  })

  it("begins with a snapshot, says so, and serves", async () => {
    while ((await statusOf("authority")).checkpoint.height < 13) await importOne()
    const { proposal } = await cli.json<{ proposal: string }>(
      "propose admit late/application.json --folder authority",
    )
    await cli.json(`vote ${proposal} --yes --folder city`)
    await up("late").says(/^ready in \d+ ms http/m)
    const { prunedUpTo = 0, checkpoint } = await statusOf("late")
    assert.equal(prunedUpTo % 10, 0)
    assert.ok(prunedUpTo >= 10 && checkpoint.height > prunedUpTo, `${prunedUpTo}, ${checkpoint.height}`)
    const pruned = new RegExp(`pruned +from ${prunedUpTo}: this node began with a snapshot`)
    assert.match((await cli.run("status --folder late")).out, pruned)
    assert.equal((await statusOf("authority")).prunedUpTo, undefined)
    assert.deepEqual(await cli.json("patients --folder late"), [])
    await cli.json("import patient.json --folder late")
  })

  it("does not begin anew at the next start; another join with a snapshot is refused", async () => {
    const { prunedUpTo } = await statusOf("late")
    assert.equal(await running.get("late")?.stop("SIGTERM"), 0)
    const again = await cli.run("join authority/invitation.json --folder late --state-sync")
    assert.equal(again.status, 1)
    oneSentence(again, /is there already.*leave --state-sync out/)
    up("late")
    let shown = await cli.run("status --folder late --json")
    while (shown.status !== 0) shown = await cli.run("status --folder late --json")
    assert.equal((JSON.parse(shown.out) as Status).prunedUpTo, prunedUpTo)
    const ended = await Promise.all([...running.values()].map((child) => child.stop("SIGTERM")))
    assert.deepEqual(new Set(ended), new Set([0]))
    for (const child of running.values()) assert.equal(child.isGroupAlive, false)
  })
})
