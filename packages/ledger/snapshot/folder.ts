import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type Bytes, PlatformError } from "@aceso/core"

/** The manifest's file beside the chunks, which are named by their index. */
export const MANIFEST = "manifest"

/** The bytes of a snapshot's manifest. @throws PlatformError `bad_snapshot` */
export function manifestIn(folder: string): Bytes {
  try {
    return Uint8Array.from(readFileSync(join(folder, MANIFEST)))
  } catch (cause) {
    throw new PlatformError("bad_snapshot", `${folder} holds no snapshot`, { cause })
  }
}
