import assert from "node:assert/strict"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { decodeCbor, encodeCbor } from "@aceso/core"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { describe as describeError, execute } from "./run.ts"
import { Cli, oneSentence } from "./testing/aceso.ts"

interface Decision {
  readonly proposal: string
  readonly outcome: string
}
interface Shown {
  readonly id: string
  readonly status: string
  readonly changes: readonly { readonly do: string; readonly member: string }[]
}

const cli = new Cli("governance")
const at = (name: string) => join(cli.folder, name)

before(async () => {
  await cli.startDemo().says(/^ready in .*\n/m)
  process.env.ACESO_HOME = cli.environment.ACESO_HOME
  writeFileSync(at("garbage"), "garbage")
})
after(() => cli.end())

describe("aceso propose, proposals, vote", () => {
  let id: string

  it("a proposal is open until more than half of the voters are for it", async () => {
    assert.deepEqual(await cli.json("proposals"), [])
    const made = await cli.json<Decision>("propose suspend insurer --as authority")
    assert.equal(made.outcome, "open")
    id = made.proposal
    const [open] = await cli.json<Shown[]>("proposals --as city-admin")
    assert.deepEqual([open.id, open.changes], [id, [{ do: "suspend", member: "insurer" }]])
    const { out } = await cli.run("proposals --as city-admin")
    assert.match(out, new RegExp(`${id.slice(0, 12)} +suspend insurer +authority +1 +0 +4`))
    const first = await cli.json<Decision>(`vote ${id.slice(0, 6)} --yes --as city-admin`)
    assert.equal(first.outcome, "open")
    const last = await cli.run(`vote ${id} --yes --as county-admin`)
    assert.match(last.out, /passed/)
    assert.deepEqual(await cli.json("proposals"), [])
    assert.equal((await cli.json<Shown[]>("proposals --all")).length, 2)
  })

  it("a suspended member is refused until it is reinstated; half of the voters against it is enough", async () => {
    oneSentence(await cli.run("propose suspend clinic --as insurer"), /member_suspended/)
    const rejected = await cli.json<Decision>("propose reinstate insurer --as city-admin")
    await cli.json(`vote ${rejected.proposal} --no --as authority`)
    const { outcome } = await cli.json<Decision>(`vote ${rejected.proposal} --no --as county-admin`)
    assert.equal(outcome, "rejected")
    const again = await cli.json<Decision>("propose reinstate insurer --as authority")
    for (const name of ["city-admin", "county-admin"])
      await cli.json(`vote ${again.proposal} --yes --as ${name}`)
    assert.equal((await cli.json<Shown[]>("proposals --all"))[0].status, "passed")
  })

  it("an organisation is admitted with its application", async () => {
    const [port] = await freePorts(1)
    await cli.json(
      `init --folder new --member new-clinic --name New --kind custodian --url http://127.0.0.1:${port}`,
    )
    const { proposal } = await cli.json<Decision>("propose admit new/application.json --as authority")
    const { out } = await cli.run("proposals --as authority")
    assert.match(out, /admit new-clinic \(/)
    for (const name of ["city-admin", "county-admin"]) await cli.json(`vote ${proposal} --yes --as ${name}`)
    oneSentence(await cli.run("propose admit new/application.json --as authority"), /member_exists/)
  })

  const cases: [line: string, status: number, says: RegExp][] = [
    ["propose", 2, /aceso propose: which of admit, suspend, /],
    ["propose dance city-hospital", 2, /no aceso propose dance; there is admit, suspend, /],
    ["propose constructor city-hospital", 2, /no aceso propose constructor/],
    ["propose suspend", 2, /aceso propose suspend <member>: missing is <member>/],
    ["propose suspend CITY --as authority", 2, /short name/],
    ["propose admit missing.json --as authority", 1, /missing\.json/],
    ["propose suspend nobody --as authority", 1, /no such member/],
    ["propose suspend insurer --as city-doctor", 1, /administrator/],
    ["propose suspend insurer --as insurer", 1, /not_permitted/],
    ["propose suspend insurer --height 5", 2, /--height is not for aceso propose suspend/],
    ["propose reinstate nobody --as authority", 1, /no such member/],
    ["propose validator new/application.json --as authority", 1, /no validators.*embedded/],
    ["propose abilities insurer --as authority", 2, /--abilities/],
    [
      "propose abilities insurer --abilities rules --as authority",
      2,
      /known: keepsRecords, votes, validates/,
    ],
    ["propose abilities insurer --abilities votes --as authority", 1, /authorities and custodians vote/],
    ["propose licence insurer --licence everything --as authority", 2, /known: treat, /],
    ["propose licence nobody --licence treat --as authority", 1, /no such member/],
    [
      "propose licence insurer --licence treat --until 2001-01-01T00:00:00Z --as authority",
      1,
      /later than now/,
    ],
    ["propose end-licence insurer --licence treat --as authority", 1, /no such licence now/],
    ["propose remove-validator city-hospital --as authority", 1, /no validator that could be removed/],
    ["propose close-case ff --as authority", 2, /64 hexadecimal digits/],
    [`propose close-case ${"f".repeat(64)} --as authority`, 1, /no open case/],
    ["propose activate records --height 5 --as authority", 2, /records@2/],
    ["propose activate records@1 --as authority", 2, /--height/],
    ["propose activate records@1 --height 1000000 --as authority", 1, /or a newer one/],
    ["propose activate records@9999 --height 1000000 --as authority", 2, /this release has no/],
    ["propose activate cases. --height 5 --as authority", 2, /cases\.<process>@1/],
    ["propose activate cases.nothing@1 --height 1000000 --as authority", 2, /this release has no/],
    ["propose disable records --as authority", 2, /records\.commit/],
    ["propose disable governance.vote --as authority", 1, /cannot be switched off/],
    ["propose enable records.commit --as authority", 1, /is not switched off/],
    ["vote", 2, /aceso vote <id>: missing is <id> \(as aceso proposals/],
    ["vote xyz --yes", 2, /which proposal/],
    ["vote ff --yes --no", 2, /--yes or --no/],
    ["vote ff", 2, /--yes or --no/],
    ["vote ffffffffffffffff --yes", 1, /no proposal has the id/],
    ["vote {id} --yes --as city-doctor", 1, /administrator/],
    ["vote {id} --yes --as city-admin", 1, /decided already/],
    ["proposals --as patient-1", 2, /organisation's people/],
    ["report", 2, /missing is <evidence file>/],
    ["report missing", 2, /missing cannot be read/],
    ["report garbage", 1, /bad_cbor|bad_input/],
  ]
  for (const [line, status, says] of cases)
    it(`${line} -> ${status}`, async () => {
      const words = line
        .replace("{id}", id)
        .replace(/\S+\.json|missing$|garbage$/, at)
        .split(" ")
      await assert.rejects(execute(words), (error) => {
        const told = describeError(error)
        assert.equal(told.status, status, told.message)
        assert.match(told.message, says)
        return true
      })
    })
})

describe("aceso report", () => {
  let file: string

  before(async () => {
    await cli.json("demo tamper --as city-admin")
    await cli.json("card --as patient-1 --for county-hospital --out card.json")
    await cli.run("request --card card.json --as county-doctor --reason pain")
    await cli.json("approve all --yes --as patient-1")
    const until = Date.now() + 600_000
    while (globSync("evidence-*", { cwd: cli.folder }).length === 0 && Date.now() < until)
      await cli.run("history card.json --as county-doctor")
    ;[file] = globSync("evidence-*", { cwd: cli.folder })
    assert.ok(file, "County found no evidence within ten minutes")
  })

  it("refuses evidence that does not hold, and who is no administrator", async () => {
    const value = decodeCbor(readFileSync(at(file))) as Record<string, unknown>
    writeFileSync(at("forged.aceso"), encodeCbor({ ...value, record: null } as never))
    const outcome = await cli.run("report forged.aceso --as county-admin")
    assert.equal(outcome.status, 1)
    oneSentence(outcome, /does not hold.*bad_evidence/)
    oneSentence(await cli.run(`report ${file} --as county-doctor`), /administrator/)
  })

  it("puts the hash on the ledger, once", async () => {
    const done = await cli.json<{ custodian: string; says: string; payloadId: string }>(
      `report ${file} --as county-admin`,
    )
    assert.equal(done.custodian, "city-hospital")
    assert.match(done.says, /other than it committed/)
    await cli.json(`receipt ${done.payloadId} --as county-admin --out receipt.aceso`)
    const { out } = await cli.run("verify receipt.aceso --anchor demo/genesis.json")
    assert.match(out, /disclosure\.reportMismatch .*accepted/)
    oneSentence(await cli.run(`report ${file} --as county-admin`), /reported before/)
  })
})
