import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, it } from "node:test"
import { deviceSuite, invitation, inviting } from "@aceso/client/testing/device-suite.ts"
import { fileDevice } from "./file-device.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-file-device-"))
after(() => rmSync(folder, { recursive: true, force: true }))
let n = 0
const open = () => {
  const path = join(folder, `device-${n++}.json`)
  return { path, device: fileDevice(path), again: () => fileDevice(path) }
}

deviceSuite("in a file", { open })

const attacks: readonly (readonly [string, (content: string) => string])[] = [
  ["cut", (content) => content.slice(0, -10)],
  ["changed", (content) => content.replace('"carer"', '"king"')],
  ["empty", () => ""],
]
for (const [comment, attack] of attacks)
  it(`a file that is ${comment} is refused, and stays as it is`, async () => {
    const { path, device, again } = open()
    await device.change(inviting(invitation("Lin Mei")))
    assert.equal(statSync(path).mode & 0o777, 0o600)
    writeFileSync(path, attack(readFileSync(path, "utf8")))
    const left = readFileSync(path, "utf8")
    await assert.rejects(again().read(), { code: "memory_damaged" })
    await assert.rejects(again().change(inviting(invitation("Wu"))), { code: "memory_damaged" })
    assert.equal(readFileSync(path, "utf8"), left)
  })
