import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import type { HistoryAnswer, MoveShown } from "@aceso/client"
import { COLUMNS, width } from "./columns.ts"
import { describe as describeError, execute } from "./run.ts"
import { Cli, inWords } from "./testing/aceso.ts"

interface Listed {
  readonly alias: string
  readonly hasKey: boolean
  readonly records: number
}
interface Moved {
  readonly move: Omit<MoveShown, "id"> & { readonly id: string }
}
interface Requests {
  readonly moves: readonly { readonly id: string; readonly role: string; readonly state: string }[]
}

const cli = new Cli("moves")
let [wrong, right]: string[] = []
let record: string

before(async () => {
  await cli.startDemo().says(/^ready in .*\n/m)
  process.env.ACESO_HOME = cli.environment.ACESO_HOME
  const all = await json<Listed[]>("patients --as city-admin")
  ;[wrong, right] = all.filter((one) => one.hasKey && one.records > 3).map(({ alias }) => alias)
  const { timeline } = await json<HistoryAnswer>(`history ${wrong} --as city-doctor`)
  const found = timeline.find(({ resourceType }) => resourceType === "Observation")
  record = String(found?.sources[0].recordId)
})
after(() => cli.end())

const reason = (text: string) => ["--reason", text]
const words = (line: string | readonly string[]) => (typeof line === "string" ? line.split(" ") : line)
/** In this very process: a command of its own takes a second to start. */
async function said(line: string | readonly string[]): Promise<string> {
  const { status, text } = await execute(words(line))
  assert.equal(status, 0, text)
  if (!words(line).includes("--json"))
    for (const shown of text.split("\n")) assert.ok(width(shown) <= COLUMNS, `${words(line)}: ${shown}`)
  return inWords(text)
}
async function json<T>(line: string | readonly string[]): Promise<T> {
  return JSON.parse(await said([...words(line), "--json"])) as T
}
async function refused(argv: readonly string[], status: number, says: RegExp) {
  const error = await execute(argv).then(() => assert.fail(`${argv} is not refused`), describeError)
  assert.equal(error.status, status, error.message)
  assert.match(error.message, says)
}
async function untilMoved(id: string): Promise<void> {
  const deadline = Date.now() + 600_000
  for (;;) {
    const { moves } = await json<{ moves: Moved["move"][] }>("patients moves --all --as city-admin")
    if (moves.find((one) => one.id === id)?.state === "moved") return
    assert.ok(Date.now() < deadline, JSON.stringify(moves))
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

describe("aceso patients same, apart", () => {
  it("join and part, with a reason, and show both to staff", async () => {
    await refused(["patients", "same", wrong, right, "--as", "city-admin"], 2, /--reason/)
    await refused(["patients", "dance", "--as", "city-admin"], 2, /no aceso patients dance; there is .*same/)
    await refused(
      ["patients", "same", wrong, right, "--as", "city-doctor", ...reason("x")],
      1,
      /administrator/,
    )
    const joined = await said(["patients", "same", wrong, right, "--as", "city-admin", ...reason("one man")])
    assert.match(joined, /shown together to staff/)
    const out = await said(`history ${wrong} --as city-doctor`)
    assert.match(out, new RegExp(`joined: ${right}, \\d+ records`))
    await refused(
      ["patients", "same", wrong, right, "--as", "city-admin", ...reason("x")],
      1,
      /already_joined/,
    )
    const parted = await said(["patients", "apart", wrong, right, "--as", "city-admin", ...reason("two men")])
    assert.match(parted, /are two people/)
    assert.match(await said(`patients joins ${right} --as city-admin`), /joined .*one man; parted .*two men/)
    assert.doesNotMatch(await said(`history ${wrong} --as city-doctor`), /joined:/)
  })
})

describe("aceso patients misfiled", () => {
  let id: string

  it("withholds by the id that history shows", async () => {
    assert.match(await said(`history ${wrong} --ids --as city-doctor`), new RegExp(record.slice(0, 12)))
    const argv = [
      "patients",
      "misfiled",
      wrong,
      record.slice(0, 12),
      "--belongs-to",
      right,
      "--as",
      "city-admin",
    ]
    const { move } = await json<Moved>([...argv, ...reason("wrong chart")])
    id = move.id
    assert.deepEqual([move.alias, move.belongsTo, move.state], [wrong, right, "withheld"])
    const shown = await said(`history ${wrong} --as city-doctor`)
    assert.match(shown, /~~.*not this patient's: wrong chart/)
    await refused([...argv, ...reason("again")], 1, /already_misfiled/)
  })

  it("both patients see it, and say yes with their keys", async () => {
    for (const [alias, role] of [
      [wrong, "from"],
      [right, "to"],
    ]) {
      const { moves } = await json<Requests>(`requests --as ${alias}`)
      assert.deepEqual([moves.length, moves[0].role, moves[0].state], [1, role, "withheld"])
      assert.match(await said(`requests --as ${alias}`), new RegExp(`aceso approve ${id.slice(0, 12)}`))
      assert.match(await said(`approve ${id.slice(0, 12)} --as ${alias}`), /agreed, signed by your key/)
    }
    await untilMoved(id)
    const { timeline } = await json<HistoryAnswer>(`history ${right} --as city-doctor`)
    assert.ok(timeline.some(({ resourceType }) => resourceType === "Observation"))
    await said("verify")
  })

  it("the way back waits for a second administrator, and a patient refuses it", async () => {
    const argv = ["patients", "return", id.slice(0, 8), "--as", "city-admin"]
    const { move } = await json<Moved>([...argv, ...reason("was right")])
    await refused(
      ["patients", "approve-move", move.id.slice(0, 8), "--as", "city-admin"],
      1,
      /same_administrator/,
    )
    const approved = await said(`patients approve-move ${move.id.slice(0, 8)} --as city-registrar`)
    assert.match(approved, /to be moved to .* unless one of them objects/)
    const { moves } = await json<{ moves: Moved["move"][] }>("patients moves --as city-admin")
    const [{ dueAt, since }] = moves
    assert.ok(Number(dueAt) - Number(since) >= 72 * 3600_000)
    await json(`decline ${move.id.slice(0, 12)} --as ${right}`)
    const listed = await said("patients moves --as city-admin")
    assert.match(listed, /withheld since/)
    await refused(["patients", "approve-move", "ffff", "--as", "city-admin"], 1, /unknown_move/)
  })

  it("aceso notices lists what was told and heard", async () => {
    assert.match(await said("notices --as city-admin"), /Received[\s\S]*Sent/)
    await refused(["notices", "--done", "ffff", "--as", "city-admin"], 1, /see aceso notices/)
  })
})
