import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { X509Certificate } from "node:crypto"
import { once } from "node:events"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { connect } from "node:tls"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { readTls } from "@aceso/server/home/tls.ts"
import { type Child, Cli, oneSentence } from "./testing/aceso.ts"

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0

describe("HTTPS", { skip: hasOpenssl ? false : "openssl is not installed" }, () => {
  const cli = new Cli("https")
  const at = (...names: string[]) => join(cli.folder, ...names)
  const folder = at("node")
  const files = { certificate: join(folder, "tls/certificate.pem"), key: join(folder, "tls/key.pem") }
  let port: number
  let node: Child

  /** A self-signed certificate in the node's folder. */
  function certify(name: string, host: string): void {
    mkdirSync(join(folder, "tls"), { recursive: true })
    const argv = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    const out = ["-keyout", files.key, "-out", files.certificate, "-subj", `/CN=${name}`]
    execFileSync("openssl", [...argv, ...out, "-addext", `subjectAltName=${host}`], { stdio: "ignore" })
    chmodSync(files.key, 0o600)
  }

  const trusting = () => ({ NODE_EXTRA_CA_CERTS: files.certificate })
  const refused = async (says: RegExp) => {
    const { status, err } = await cli.run("up --folder node")
    assert.equal(status, 1)
    assert.match(err, says)
    assert.equal(err.trimEnd().split("\n").length, 2, "the folder, and one sentence")
  }
  async function servedName(): Promise<string> {
    const socket = connect({ port, host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false })
    await once(socket, "secureConnect")
    const { raw } = socket.getPeerCertificate()
    socket.destroy()
    return new X509Certificate(raw).subject
  }

  before(async () => {
    ;[port] = await freePorts(1)
    const facts = "--member authority --name Authority --kind authority"
    const made = await cli.json<{ missing: string[] }>(
      `init --folder node ${facts} --url https://localhost:${port}`,
    )
    assert.deepEqual(made.missing, [files.certificate, files.key])
    await cli.json("network create --folder node --network north")
  })
  after(() => cli.end())

  it("refuses a missing, foreign, expired or unreadable certificate, and a key for everybody", async () => {
    await refused(/certificate\.pem cannot be read/)
    certify("first", "DNS:elsewhere.example")
    await refused(/is not for localhost/)
    certify("first", "DNS:localhost")
    const config = { certificate: "tls/certificate.pem", key: "tls/key.pem" }
    const readAt = (days: number) => () =>
      readTls(folder, "https://localhost", config, Date.now() + days * 86_400_000)
    assert.ok(readAt(0)().until > Date.now())
    assert.throws(readAt(365), {
      code: "certificate_not_now",
      message: /certificate\.pem expired on .*; renew it/,
    })
    assert.throws(readAt(-1), { code: "certificate_not_now", message: /not valid before/ })
    chmodSync(files.key, 0o644)
    await refused(/key\.pem: everybody on this machine/)
    chmodSync(files.key, 0o600)
    const key = readFileSync(files.key)
    certify("second", "DNS:localhost")
    writeFileSync(files.key, key)
    await refused(/does not fit/)
    writeFileSync(files.certificate, "garbage")
    await refused(/no certificate in PEM/)
  })

  it("serves on HTTPS, to those that trust its certificate", async () => {
    certify("first", "DNS:localhost")
    node = cli.start("up --folder node")
    await node.says(/^ready in \d+ ms https:\/\/localhost:\d+$/m)
    assert.equal((await cli.run("status --folder node")).status, 3, "nobody has vouched for it")
    for (const line of ["status --folder node", "patients --folder node"]) {
      const { status, err } = await cli.run(line, trusting())
      assert.equal(status, 0, err)
    }
    const plain = await cli.run(`status --node http://localhost:${port}`)
    assert.equal(plain.status, 3)
    oneSentence(plain, /cannot be reached/)
  })

  it("takes a renewed certificate on SIGHUP, and keeps the old one where the new one is wrong", async () => {
    assert.equal(await servedName(), "CN=first")
    certify("second", "DNS:localhost")
    node.process.kill("SIGHUP")
    await node.says(/authority: the certificate was reloaded/)
    assert.equal(await servedName(), "CN=second")
    writeFileSync(files.certificate, "garbage")
    node.process.kill("SIGHUP")
    await node.says(/was not reloaded, the old one stays in use: .*no certificate in PEM/)
    assert.equal(await servedName(), "CN=second")
    assert.equal(await node.stop("SIGTERM"), 0, node.err)
    assert.equal(node.isGroupAlive, false)
  })

  it("refuses plain HTTP on a host that is not loopback", async () => {
    const config = JSON.parse(readFileSync(join(folder, "node.json"), "utf8"))
    const { tls, ...rest } = config
    assert.ok(tls)
    writeFileSync(
      join(folder, "node.json"),
      JSON.stringify({ ...rest, url: `http://localhost:${port}`, host: "0.0.0.0" }),
    )
    await refused(/host: without tls the node listens on loopback only/)
  })
})
