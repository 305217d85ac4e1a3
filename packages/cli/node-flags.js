// Plain JavaScript: see aceso.js.
import { availableParallelism } from "node:os"
import { setFlagsFromString } from "node:v8"

const youngGeneration = (megabytes) =>
  ["min", "max"].map((bound) => `--${bound}-semi-space-size=${megabytes}`)

/**
 * V8's settings for a node. A young generation that a block's objects do not fill; on two cores, which the engine and
 * the verifying thread use as well, helpers of the collector would only take turns with the thread that they help.
 */
export const nodeFlags = [
  "--disable-warning=ExperimentalWarning",
  ...youngGeneration(64),
  ...(availableParallelism() <= 2 ? ["--single-threaded-gc"] : []),
]

/**
 * For the main thread, before it starts others: V8 reads its settings for each thread anew. These keep little, and in
 * a young generation of the usual size they use the same pages again instead of asking the system for new ones.
 */
export function usualThreads() {
  for (const flag of youngGeneration(16)) setFlagsFromString(flag)
}
