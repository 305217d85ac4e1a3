import { brokenOff } from "./broken-off.ts"
import { forStream } from "./columns.ts"
import { ending, outliveReaders } from "./ending.ts"
import { describe, execute } from "./run.ts"
import { writeTo } from "./terminal.ts"

// Whatever a command writes is its owner's alone.
process.umask(0o077)
outliveReaders()
const argv = process.argv.slice(2)
let command: string | undefined

function fail(code: string, message: string): void {
  if (argv.includes("--json")) writeTo(process.stdout, `${JSON.stringify({ error: { code, message } })}\n`)
  writeTo(process.stderr, `${forStream(process.stderr, `aceso: ${message}`)}\n`)
}

ending.listen(() => fail("broken_off", brokenOff(command)))
try {
  const { status, text } = await execute(argv, (name) => {
    command = name
  })
  writeTo(process.stdout, text)
  process.exitCode = status
} catch (error) {
  const { code, message, status } = describe(error)
  fail(code, message)
  process.exitCode = status
}
ending.done()
