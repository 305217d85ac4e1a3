import type { Expected } from "./block-checks.ts"
import { OpenedState } from "./state-check.ts"

/** Runs as a child process of verify: says what it opened, and when it is asked what the comparison gives. */
const state = new OpenedState(process.argv[2])
process.once("message", async (expected: Expected) => {
  const answer = await state.compare(expected)
  process.send?.(answer, () => process.exit(0))
})
process.once("disconnect", () => process.exit(0))
process.send?.(state.opened)
