import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { PlatformError } from "@aceso/core"
import { openDatabase } from "./state/database.ts"

const root = mkdtempSync(join(tmpdir(), "aceso-rights-"))
after(() => rmSync(root, { recursive: true }))

describe("a state of which some file is another user's", () => {
  it("is refused in words, as after a command that root ran", {
    skip: process.getuid?.() === 0 ? false : "only root gives a folder to another user",
  }, () => {
    const from = JSON.stringify(new URL("state/database.ts", import.meta.url).href)
    const make = `const { openDatabase } = await import(${from})
await openDatabase(${JSON.stringify(root)}, false).root.close()`
    // In another process: what this one had open stays open for it.
    execFileSync(process.execPath, ["--input-type=module", "-e", make])
    // The mode that every command gives its files.
    for (const name of ["data.mdb", "lock.mdb"]) chmodSync(join(root, name), 0o600)
    chownSync(root, 65_534, 65_534)
    process.seteuid?.(65_534)
    try {
      for (const isReadOnly of [false, true])
        assert.throws(
          () => openDatabase(root, isReadOnly),
          (error) =>
            error instanceof PlatformError && error.code === "no_right" && error.message.includes(root),
        )
    } finally {
      process.seteuid?.(0)
    }
  })
})
