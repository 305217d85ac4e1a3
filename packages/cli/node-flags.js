// Plain JavaScript: see aceso.js.
import { availableParallelism } from "node:os"

/**
 * V8's settings for a node. A young generation that a block's objects do not fill; on two cores, which the engine and
 * the verifying thread use as well, helpers of the collector would only take turns with the thread that they help.
 */
export const nodeFlags = [
  "--disable-warning=ExperimentalWarning",
  "--min-semi-space-size=64",
  "--max-semi-space-size=64",
  ...(availableParallelism() <= 2 ? ["--single-threaded-gc"] : []),
]
