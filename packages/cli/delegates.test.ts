import assert from "node:assert/strict"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { Cli, inWords } from "./testing/aceso.ts"

interface Listed {
  readonly delegates: readonly {
    readonly key: string
    readonly name: string
    readonly endedAt: number | null
    readonly endsAt: number | null
  }[]
}
const CITY = "city-hospital"
const YEAR_MS = 365.25 * 86_400_000

const cli = new Cli("delegates")
before(async () => {
  await cli.startDemo().says(/^ready in/m)
})
after(() => cli.end())

const file = (name: string) => join(cli.folder, name)
/** Words with spaces go by themselves. */
const invite = (...more: string[]) => {
  rmSync(file("invited.json"), { force: true })
  return cli.run(["delegates", "invite", "--name", "Lin Mei", "--out", file("invited.json"), ...more])
}
const said = async (line: string, status = 0): Promise<string> => {
  const outcome = await cli.run(line)
  assert.equal(outcome.status, status, `${line}: ${outcome.out}${outcome.err}`)
  return inWords(outcome.out + outcome.err)
}
const codeIn = (text: string) => /code[^0-9]*(\d{3} \d{3} \d{3} \d{3})/.exec(inWords(text))?.[1]

describe("delegates at the command line", () => {
  it("are invited, accept, are entered, act by --as, stand in the audit, and are ended", async () => {
    const { status, err } = await invite(
      ...["--relation", "carer", "--may", "read,decide", "--at", CITY, "--as", "patient-1"],
    )
    assert.equal(status, 0, err)
    const accepted = await said(
      `delegates accept ${file("invited.json")} --known-as for-wu --out ${file("accepted.json")} --as patient-2`,
    )
    await said("requests --as for-wu", 1)
    const entered = await said(`delegates enter ${file("accepted.json")} --yes --as patient-1`)
    const code = codeIn(accepted)
    assert.ok(code !== undefined && codeIn(entered) === code, entered)
    assert.match(accepted, /you are Lin Mei \(carer\), and act for .+ may read, decide at city-hospital/)
    assert.match(
      entered,
      /Lin Mei \(carer\) acts for you at city-hospital, until .+, and may read records and audit; decide/,
    )

    assert.match(
      await said("grant --to county-hospital --yes --as for-wu"),
      /acting for .+, at city-hospital/,
    )
    assert.match(await said("requests --as patient-1"), /county-hospital/)
    assert.match(await said("grant --to county-hospital --yes --as nobody-here", 2), /for-wu/)
    const { delegates } = await cli.json<Listed>("delegates --as patient-1")
    assert.deepEqual(
      delegates.map(({ name, endedAt }) => [name, endedAt]),
      [["Lin Mei", null]],
    )
    await said(`delegates end ${delegates[0].key.slice(0, 10)} --as patient-1`)
    assert.match(await said("requests --as for-wu", 1), /delegate_ended/)
    const audit = await said("audit --as patient-1", 0)
    assert.match(audit, /Lin Mei \(carer, key [0-9a-f]{12}\) acts for you from now on, and may read, decide/)
    assert.match(audit, /policy version 1 your policy: grant; signed for you/)
  })

  it("act for a child from the desk on, by somebody who is a patient of nobody", async () => {
    const born = new Date(Date.now() - 9 * YEAR_MS).toISOString().slice(0, 10)
    const child = { resourceType: "Patient", id: "bao", name: [{ family: "Bao" }], birthDate: born }
    writeFileSync(file("bao.json"), JSON.stringify(child))
    await said(`import ${file("bao.json")} --as city-admin`)
    const [{ alias }] = await cli.json<{ alias: string }[]>("patients --search bao --as city-admin")
    const desk = ["--patient", alias, "--as", "city-admin"]
    const { status, err } = await invite(
      ...["--relation", "parent", "--may", "read", "--until", "of-age", ...desk],
    )
    assert.equal(status, 0, err)
    await said(
      `delegates accept ${file("invited.json")} --known-as for-bao --out ${file("bao-accepted.json")}`,
    )
    await said(`delegates enter ${file("bao-accepted.json")} --yes --as city-admin`, 2)
    assert.match(
      await said(`delegates enter ${file("bao-accepted.json")} --yes ${desk.join(" ")}`),
      new RegExp(`acts for Bao, born ${born}, ${alias} at city-hospital`),
    )
    await said("patients --as city-admin")
    const { delegates } = await cli.json<Listed>("delegates --as for-bao")
    const years = ((delegates[0].endsAt ?? 0) - Date.now()) / YEAR_MS
    assert.ok(years > 8.9 && years < 9.1, String(years))
    await said("audit --as for-bao")
    await said("grant --to county-hospital --yes --as for-bao", 1)
    assert.match(await said(`delegates ${desk.join(" ")}`), /Lin Mei/)
    assert.match(
      await said("messages write --to county-hospital --text Hello --as for-bao", 1),
      /not_permitted/,
    )
    await said(`delegates end ${delegates[0].key.slice(0, 10)} ${desk.join(" ")}`)
    assert.match(await said("audit --as for-bao", 1), /delegate_ended/)
    assert.match(await said(`delegates ${desk.join(" ")}`), /ended \d{4}/)
  })

  it("are not entered by what nobody invited for, and nothing is written over", async () => {
    await invite(...["--relation", "carer", "--may", "read", "--at", CITY, "--as", "patient-1"])
    const line = `delegates accept ${file("invited.json")} --known-as for-wu-2 --as patient-2`
    assert.match(await said(`${line} --out ${file("accepted.json")}`, 2), /is there already/)
    rmSync(file("accepted.json"))
    await said(`${line} --out ${file("accepted.json")}`)
    const accepted = JSON.parse(readFileSync(file("accepted.json"), "utf8"))
    accepted.opening.scope.may = ["read", "decide", "write"]
    writeFileSync(file("changed.json"), JSON.stringify(accepted))
    assert.match(
      await said(`delegates enter ${file("changed.json")} --yes --as patient-1`, 1),
      /bad_delegate/,
    )
    assert.match(
      await said(`delegates enter ${file("accepted.json")} --yes --as patient-3`, 1),
      /bad_delegate/,
    )
  })

  const wrong: readonly (readonly [comment: string, more: readonly string[], says: RegExp])[] = [
    ["an ability that there is not", ["--relation", "carer", "--may", "all"], /--may all: expected read/],
    [
      "a relation that there is not",
      ["--relation", "friend", "--may", "read"],
      /--relation friend: expected/,
    ],
    ["a past end", ["--relation", "carer", "--may", "read", "--until", "2020-01-01"], /in the future/],
    ["several custodians", ["--relation", "carer", "--may", "read"], /which one\? --at/],
    ["somebody else's custodian", ["--relation", "carer", "--may", "read", "--at", "x"], /no patient of x/],
  ]
  for (const [comment, more, says] of wrong)
    it(`refuses to invite with ${comment}`, async () => {
      const { status, err } = await invite(...more, "--as", "patient-1")
      assert.equal(status, 2, err)
      assert.match(inWords(err), says)
    })
})
