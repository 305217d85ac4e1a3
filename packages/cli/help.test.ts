import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { COLUMNS, width } from "./columns.ts"
import { type Argument, type Command, type Group, isGroup, type Option } from "./command.ts"
import { commands } from "./commands/index.ts"
import { COMMON, commonOf, neededOf } from "./help.ts"
import { describe as describeError, execute } from "./run.ts"
import { UsageError } from "./session.ts"

type Found = readonly [name: readonly string[], one: Command | Group]

/** All commands and groups, each with the words that name it. */
const below = (name: readonly string[], one: Command | Group): Found[] => [
  [name, one],
  ...(isGroup(one) ? Object.entries(one.parts).flatMap(([part, more]) => below([...name, part], more)) : []),
]
const all = Object.entries(commands).flatMap(([name, one]) => below([name], one))
const leaves = all.filter((one): one is readonly [readonly string[], Command] => !isGroup(one[1]))

const isMissing = ({ count }: Argument) => count === undefined
const options = (one: Command) => neededOf(one).flatMap(({ name }) => [`--${name}`, "value"])
/** As few arguments and options as the command takes. */
const least = (one: Command) => [
  ...(one.arguments ?? []).filter(isMissing).map((_, i) => `word${i}`),
  ...options(one),
]

async function refusal(argv: readonly string[]): Promise<string> {
  const outcome = await execute(argv).catch((error: unknown) => error)
  assert.ok(outcome instanceof UsageError, `${argv.join(" ")} is not refused as wrong usage`)
  assert.equal(describeError(outcome).status, 2)
  return outcome.message
}

function assertLayout(text: string, about: string): void {
  for (const line of text.split("\n")) {
    assert.ok(width(line) <= COLUMNS, `${about}: ${width(line)} columns: ${line}`)
    assert.equal(line, line.trimEnd(), `${about}: space at the end`)
  }
}

/** The name stands in a line of its own, or two spaces or more part it from its text. */
const named = (name: string) =>
  new RegExp(`^  ${name.replace(/[[\]|.$?*+(){}\\]/g, "\\$&")}(?:  +\\S.*)?$`, "m")

describe("--help", () => {
  it("of all commands fits, and names each of them", async () => {
    const { text } = await execute(["--help"])
    assertLayout(text, "--help")
    for (const name of Object.keys(commands)) assert.match(text, named(name))
  })

  for (const [name, one] of all)
    it(`of ${name.join(" ")} fits, and shows all that there is`, async () => {
      const { status, text } = await execute([...name, "--help"])
      assert.equal(status, 0)
      assertLayout(text, name.join(" "))
      assert.ok(text.startsWith(`aceso ${name.join(" ")}`))
      for (const [option, { value, short }] of Object.entries<Option>(COMMON)) {
        const shown = named(`${short ? `-${short}, ` : ""}--${option}${value ? ` ${value}` : ""}`)
        if (Object.hasOwn(commonOf(one), option)) assert.match(text, shown)
        else assert.doesNotMatch(text, shown)
      }
      if (isGroup(one)) {
        for (const part of Object.keys(one.parts)) assert.match(text, new RegExp(`^  ${part}( |$)`, "m"))
        return
      }
      for (const [option, { value, words }] of Object.entries(one.options ?? {})) {
        assert.match(text, named(`--${option}${value ? ` ${value}` : ""}`))
        assert.ok(words.length > 2, option)
      }
      for (const { name: argument, count } of one.arguments ?? [])
        assert.match(
          text,
          named(
            count === undefined ? `<${argument}>` : count === "any" ? `[${argument} ...]` : `[${argument}]`,
          ),
        )
      assert.match(text, /^Example\n {2}aceso /m)
      if (one.status) assert.match(text, /Exit status 1 also means/)
    })

  it("of an example is for the command that the example runs, as it would be typed", async () => {
    for (const [name, { example }] of leaves) {
      const words = (example.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""))
      assert.equal(words.shift(), "aceso")
      const { text } = await execute([...words, "--help"])
      const [first, ...parts] = name
      const meant = `aceso ${[first, ...parts.filter((part) => words.includes(part))].join(" ")} `
      assert.ok(text.startsWith(meant), example)
      // Behind all that is checked of a line, and before anything is done.
      const both = ["data", "folder"].flatMap((one) => (words.includes(`--${one}`) ? [] : [`--${one}`, "x"]))
      const found = await refusal([...words, ...both])
      assert.match(found, /^--folder and --data are the same/, example)
    }
  })
})

describe("aceso help", () => {
  for (const [name] of all)
    it(`of ${name.join(" ")} is that of --help`, async () => {
      const { text } = await execute([...name, "--help"])
      for (const help of ["help", "--help", "-h"])
        assert.deepEqual(await execute([help, ...name]), { status: 0, text })
    })
  const rows: [argv: string[], says: RegExp][] = [
    [["help", "histry"], /^there is no command histry; did you mean history\?; see aceso --help$/],
    [["help", "staff", "lits"], /^there is no aceso staff lits; .*did you mean list\?/],
    [["help", "history", "patient-1"], /^there is no command history patient-1; see aceso history --help$/],
    [["hlep"], /^there is no command hlep; did you mean help\?/],
  ]
  for (const [argv, says] of rows)
    it(`${argv.join(" ")}: is refused`, async () => assert.match(await refusal(argv), says))
})

describe("an option takes one value", () => {
  for (const [name, one] of leaves)
    for (const [option, { type, multiple }] of Object.entries<Option>({ ...commonOf(one), ...one.options })) {
      if (type === "boolean") continue
      const line = (...values: string[]) => [
        ...name,
        ...least(one).slice(0, (one.arguments ?? []).filter(isMissing).length),
        ...options(one).filter((word, i, all) => ![word, all[i - 1]].includes(`--${option}`)),
        ...values.flatMap((value) => [`--${option}`, value]),
      ]
      it(`${name.join(" ")} --${option}`, async () => {
        const help = `; see aceso ${name[0]} --help`
        for (const value of ["", " "])
          assert.equal(
            await refusal(line(value)),
            `--${option} has no value; write one, or leave it away${help}`,
          )
        // Of the command's own folder, so that none is run.
        const twice = await refusal([...line("x", "y"), "--data", "x", "--folder", "x"])
        if (!multiple && option !== "data" && option !== "folder")
          assert.equal(twice, `--${option} is given twice, x and y: it takes one value${help}`)
      })
    }
})

describe("what a command does not take is refused with status 2, and told where to look", () => {
  for (const [name, one] of leaves) {
    const help = new RegExp(`see aceso ${name.join(" ")} --help$`)
    it(name.join(" "), async () => {
      assert.match(await refusal([...name, ...least(one), "--nonsense"]), /--nonsense.*see aceso .* --help$/)
      if (!one.arguments?.some(({ count }) => count === "any")) {
        const most = (one.arguments ?? []).map((_, i) => `word${i}`)
        const surplus = await refusal([...name, ...most, "surplus", ...options(one)])
        assert.match(surplus, /^surplus is too much/)
        assert.match(surplus, help)
      }
      if (least(one).length > 0) {
        const missing = await refusal(name)
        assert.match(missing, /missing is/)
        assert.match(missing, help)
      }
    })
  }
  it("a part that there is not", async () => {
    for (const [name, one] of all) {
      if (!isGroup(one)) continue
      const said = await refusal([...name, "constructor"])
      assert.match(said, new RegExp(`^there is no aceso ${name.join(" ")} constructor; there is `))
      for (const part of Object.keys(one.parts)) assert.ok(said.includes(part), part)
    }
  })
  it("an option of every command that says nothing to this one", async () => {
    for (const [name, one] of leaves)
      for (const option of ["node", "as"] as const)
        if (one.ignores?.includes(option))
          assert.match(
            await refusal([...name, ...least(one), `--${option}`, "http://127.0.0.1:1"]),
            new RegExp(`--${option}.*see aceso .* --help$`),
          )
  })
  const near: [argv: string[], says: RegExp][] = [
    [["histry"], /^there is no command histry; did you mean history\?; see aceso --help$/],
    [["staff", "lits"], /there is list, invite, .*, add; did you mean list\?/],
    [["grant", "--pruposes", "TREAT"], /^there is no option --pruposes; did you mean --purpose\?/],
    [["approve", "", "--as", "patient-1"], /^an argument is empty; see aceso approve --help$/],
    [["card", "--for"], /^--for needs a value behind it: --for <organisation>/],
    [["status", "--json=yes"], /^--json takes no value/],
    [["audit", "--as", "patient-1", "--node", "http://127.0.0.1:1"], /^--node is not for a patient/],
  ]
  for (const [argv, says] of near)
    it(`${argv.join(" ")}: says what was meant`, async () => assert.match(await refusal(argv), says))
  it("an option of another part", async () => {
    assert.match(
      await refusal(["propose", "suspend", "city", "--height", "5"]),
      /^--height is not for aceso propose suspend/,
    )
  })
})

describe("--version", () => {
  it("says what is installed, and the commit of a checkout", async () => {
    for (const option of ["--version", "-v"])
      assert.match(
        (await execute([option])).text,
        /^aceso \d+\.\d+\.\d+( \(commit [0-9a-f]{12}(, changed)?\))?, Node 24\./,
      )
    const { version, node } = JSON.parse((await execute(["--version", "--json"])).text)
    assert.match(`${version} ${node}`, /^\d+\.\d+\.\d+ 24\./)
  })
})
