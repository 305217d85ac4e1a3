import { readFileSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { PlatformError } from "@aceso/core"

/** Who that is on this machine; undefined: nobody says so here. */
function nameOf(uid: number): string | undefined {
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n")
    return lines.find((line) => line.split(":")[2] === String(uid))?.split(":")[0]
  } catch {
    return undefined
  }
}

/** Whose a node's folder is, or will be where it is made. */
function ownerOf(folder: string): number | undefined {
  let there = resolve(folder)
  const file = statSync(join(there, "node.json"), { throwIfNoEntry: false })
  for (;;) {
    const found = file ?? statSync(there, { throwIfNoEntry: false })
    if (found || dirname(there) === there) return found?.uid
    there = dirname(there)
  }
}

const asTyped = (word: string): string =>
  /^[\w./:=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/**
 * What root writes in the folder of another user that user's node cannot use afterwards.
 * @param argv the line, without `aceso`
 * @throws PlatformError `not_the_owner`
 */
export function mustNotBeRootElsewhere(
  folder: string,
  argv: readonly string[],
  uid: number | undefined = process.getuid?.(),
): void {
  if (uid !== 0) return
  const owner = ownerOf(folder)
  if (owner === undefined || owner === 0) return
  const name = nameOf(owner)
  const line = `aceso ${argv.map(asTyped).join(" ")}`
  throw new PlatformError(
    "not_the_owner",
    `${folder} belongs to ${name ?? `the user ${owner}`}, whose node could not use what root writes there: ${
      name === undefined ? `run this as that user: ${line}` : `runuser -u ${name} -- ${line}`
    }`,
  )
}
