import { forStream } from "./columns.ts"
import { describe, execute } from "./run.ts"
import { writeTo } from "./terminal.ts"

// Whatever a command writes is its owner's alone.
process.umask(0o077)
const argv = process.argv.slice(2)
try {
  const { status, text } = await execute(argv)
  writeTo(process.stdout, text)
  process.exitCode = status
} catch (error) {
  const { code, message, status } = describe(error)
  if (argv.includes("--json")) writeTo(process.stdout, `${JSON.stringify({ error: { code, message } })}\n`)
  writeTo(process.stderr, `${forStream(process.stderr, `aceso: ${message}`)}\n`)
  process.exitCode = status
}
