import type { Expected } from "./block-checks.ts"
import { checkState } from "./state-check.ts"

/** Runs as a child process of verify; answers with one message. */
const { live, expected } = JSON.parse(process.argv[2]) as { live: string; expected?: Expected }
const answer = await checkState(live, expected)
process.send?.(answer, () => process.exit(0))
