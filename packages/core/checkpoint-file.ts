import { type Countersigned, checkpointsAnswer, countersigned } from "./countersigned.ts"
import { messageOf, PlatformError } from "./errors.ts"

export interface CheckpointFile {
  readonly all: readonly Countersigned[]
  /** The last line has no end: the node was stopped while it wrote. What cannot be read of it is left out. */
  readonly isCut: boolean
}

/**
 * Reads what a node keeps (`checkpoints.jsonl`: one JSON document per line), or what it answers on `GET /checkpoints`.
 * @throws PlatformError `bad_checkpoints` that names the line
 */
export function parseCheckpoints(text: string): CheckpointFile {
  const whole = jsonOf(text)
  if (whole !== null && typeof whole === "object" && "checkpoints" in whole)
    return {
      all: checked(1, () => checkpointsAnswer.parse(whole, "export", "json").checkpoints),
      isCut: false,
    }
  const lines = text.split("\n")
  const last = lines.pop() ?? ""
  if (jsonOf(last) !== undefined) lines.push(last)
  const all = lines.map((line, i) => checked(i + 1, () => countersigned.parse(jsonOf(line), "line", "json")))
  return { all, isCut: last !== "" }
}

function checked<T>(line: number, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new PlatformError(
      "bad_checkpoints",
      `line ${line} is no countersigned checkpoint: ${messageOf(cause)}`,
      {
        cause,
      },
    )
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema says what was expected in its place.
    return undefined
  }
}
