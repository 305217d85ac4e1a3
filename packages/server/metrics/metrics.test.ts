import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { PlatformError, toHex, utf8 } from "@aceso/core"
import { Histogram } from "@aceso/ledger"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { layout, writeJsonFile } from "../home/layout.ts"
import { makeHome } from "../home/make.ts"
import { createNetwork, joinNetwork, readApplication } from "../home/network.ts"
import { RunningHomes } from "../home/open.ts"
import type { AcesoNode } from "../node/node.ts"
import { parseExposition } from "../testing/exposition.ts"
import { EXPOSITION_TYPE, Exposition } from "./exposition.ts"

describe("Prometheus' text format", () => {
  it("escapes labels and help, and leaves out what is not known", () => {
    const to = new Exposition()
    to.gauge("aceso_a", "one \\ and\nanother", [[{ text: 'a "b" \\ c\nd' }, 1.5]])
    to.gauge("aceso_b", "not known", undefined)
    to.counter("aceso_c_total", "none", [])
    assert.equal(
      to.text,
      '# HELP aceso_a one \\\\ and\\nanother\n# TYPE aceso_a gauge\naceso_a{text="a \\"b\\" \\\\ c\\nd"} 1.5\n',
    )
    parseExposition(to.text)
  })

  it("has cumulative buckets", () => {
    const histogram = new Histogram()
    for (const ms of [0.5, 1, 2, 80, 100_000]) histogram.observe(ms)
    const to = new Exposition()
    to.histogram("aceso_x_seconds", "x", histogram)
    const { series } = parseExposition(to.text).get("aceso_x_seconds") ?? assert.fail()
    const bucket = (bound: string) => series.get(`aceso_x_seconds_bucket{le="${bound}"}`)
    assert.deepEqual(["0.001", "0.0025", "0.1", "5", "+Inf"].map(bucket), [2, 3, 4, 4, 5])
    assert.equal(series.get("aceso_x_seconds_sum"), 100.0835)
  })
})

describe("a node's metrics", () => {
  const folder = mkdtempSync(join(tmpdir(), "aceso-metrics-"))
  const at = (name: string) => join(folder, name)
  const faults: unknown[] = []
  let ports: number[]
  let homes: RunningHomes
  let clinic: AcesoNode

  async function make(member: string, kind: "authority" | "custodian", port: number) {
    const url = `http://127.0.0.1:${port}`
    await makeHome(at(member), {
      member,
      name: member,
      kind,
      url,
      host: "127.0.0.1",
      port,
      engine: "embedded",
    })
  }
  const configure = (member: string, change: object) => {
    const path = layout(at(member)).config
    writeJsonFile(path, { ...JSON.parse(readFileSync(path, "utf8")), ...change })
  }
  const open = () =>
    RunningHomes.open(at("authority"), [at("clinic")], { onFault: (_member, error) => faults.push(error) })
  const ask = (path = "/metrics", init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${ports[2]}${path}`, { ...init, signal: AbortSignal.timeout(600_000) })
  const scrape = async () => {
    const all = parseExposition(await (await ask()).text())
    return (series: string) => all.get(series.replace(/(_sum|_count)?(\{.*\})?$/, ""))?.series.get(series)
  }

  before(async () => {
    ports = await freePorts(3)
    await make("authority", "authority", ports[0])
    await make("clinic", "custodian", ports[1])
    createNetwork(at("authority"), "north", [readApplication(layout(at("clinic")).application)])
    joinNetwork(at("clinic"), layout(at("authority")).invitation)
    configure("clinic", { metrics: { port: ports[2] }, dummyPercent: 0, commitWindowMs: 3_600_000 })
    homes = await open()
    await Promise.all(homes.organisations.map((one) => one.start()))
    clinic = homes.organisations[1].node
  })
  after(async () => {
    await homes.close()
    rmSync(folder, { recursive: true })
    assert.deepEqual(faults, [])
  })

  it("are there in the text format", async () => {
    const answer = await ask()
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get("content-type"), EXPOSITION_TYPE)
    const value = await scrape()
    assert.equal(value("aceso_serving"), 1)
    assert.equal(value("aceso_engine_up"), 1)
    assert.equal(value('aceso_members{status="active"}'), 2)
    assert.equal(value('aceso_transactions_total{result="contract_fault"}'), 0)
    assert.equal(value("aceso_state_findings_total"), 0)
    assert.equal(value("aceso_checkpoint_height"), 0)
    assert.equal(value("aceso_history_forks"), 0)
    assert.equal(value("aceso_peers"), undefined, "embedded has none")
    assert.equal(value("aceso_certificate_expiry_time_seconds"), undefined, "no HTTPS")
    const now = Date.now() / 1000
    const time = value("aceso_chain_block_time_seconds") ?? 0
    assert.ok(time > now - 60 && time <= now + 1)
    const started = value("aceso_process_start_time_seconds") ?? 0
    assert.ok(started > now - 600 && started <= now)
    for (const one of ["aceso_disk_free_bytes", 'aceso_disk_used_bytes{part="vault"}'])
      assert.ok((value(one) ?? 0) > 0, one)
    assert.ok((value("aceso_process_resident_memory_bytes") ?? 0) > 10e6)
  })

  it("follow what happens", async () => {
    const before = await scrape()
    await clinic.services.ledger.call("governance", "setUrl", { url: "https://clinic.example" })
    await assert.rejects(
      clinic.services.ledger.call("governance", "propose", { changes: [{ do: "admit", member: "x" }] }),
      {
        code: "member_incomplete",
      },
    )
    for (const path of ["/status", "/secret-path-of-somebody"])
      await fetch(`http://127.0.0.1:${ports[1]}${path}`)
    const value = await scrape()
    const grown = (series: string) => (value(series) ?? 0) - (before(series) ?? 0)
    assert.equal(grown("aceso_chain_height"), 2)
    assert.equal(grown("aceso_blocks_total"), 2)
    assert.equal(grown('aceso_transactions_total{result="accepted"}'), 1)
    assert.equal(grown('aceso_transactions_total{result="member_incomplete"}'), 1)
    assert.equal(grown("aceso_block_execution_seconds_count"), 2)
    assert.equal(grown("aceso_log_sync_seconds_count"), 2)
    assert.ok(grown("aceso_log_sync_seconds_sum") > 0)
    assert.equal(grown('aceso_http_requests_total{route="/status",status="2xx"}'), 1)
    assert.equal(grown('aceso_http_requests_total{route="none",status="4xx"}'), 1)
    assert.equal(grown('aceso_http_request_duration_seconds_count{route="/status"}'), 1)
    assert.equal(value('aceso_queue_transactions{queue="intake"}'), 0)
  })

  it("show no patient, no key and no path that somebody asked for", async () => {
    const patient = { resourceType: "Patient", id: "patient-of-clinic", name: [{ family: "Doe" }] }
    await clinic.services.importer.importAll([{ input: utf8(JSON.stringify(patient)), where: "input" }])
    const [{ handle, alias }] = await clinic.services.vault.patients()
    const text = await (await ask()).text()
    assert.match(text, /^aceso_vault_waiting_records 1$/m)
    const { secrets, people } = layout(at("clinic"))
    const files = [secrets, people].flatMap((one) => readdirSync(one).map((name) => join(one, name)))
    const seeds = files.flatMap((file) => readFileSync(file, "utf8").match(/[0-9a-f]{64}/g) ?? [])
    assert.ok(seeds.length >= 6)
    const hidden = [...seeds, toHex(handle), Buffer.from(handle).toString("base64url"), alias]
    for (const one of [...hidden, "patient-of-clinic", "Doe", "secret-path", folder])
      assert.ok(!text.includes(one), one)
  })

  it("answers GET /metrics and nothing else", async () => {
    for (const [path, method] of [
      ["/", "GET"],
      ["/metrics/", "GET"],
      ["/metrics?x=1", "GET"],
      ["/status", "GET"],
      ["/metrics", "POST"],
      ["/metrics", "HEAD"],
    ])
      assert.equal((await ask(path, { method })).status, 404, `${method} ${path}`)
    const open = await fetch(`http://127.0.0.1:${ports[1]}/metrics`)
    assert.equal(open.status, 404, "not on the public API")
  })

  it("serves several that ask at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask()))
    for (const answer of answers) parseExposition(await answer.text())
  })

  it("closes with the node, and is off where it is not set", async () => {
    await homes.close()
    await assert.rejects(ask(), "nothing listens")
    configure("clinic", { metrics: undefined })
    homes = await open()
    await assert.rejects(ask(), "nothing listens")
  })

  it("leaves nothing open when its port is taken", async () => {
    await homes.close()
    configure("clinic", { metrics: { port: ports[2] } })
    const other = createServer().listen(ports[2], "127.0.0.1")
    await assert.rejects(open(), (error: PlatformError) => {
      assert.ok(error instanceof PlatformError)
      return error.code === "port_in_use" && error.message.includes(String(ports[2]))
    })
    await new Promise((resolve) => other.close(resolve))
    homes = await open()
    assert.equal((await ask()).status, 200)
  })
})
