import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { fit } from "@aceso/cli/columns.ts"
import { readable } from "@aceso/cli/readable.ts"
import { contentOf } from "./publish.ts"
import { show } from "./show.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-texts-"))
after(() => rmSync(folder, { recursive: true, force: true }))

describe("a text of the library", () => {
  it("is read from a file of any system", () => {
    const file = join(folder, "dose.txt")
    writeFileSync(file, "\ufeff20 kg\t4 ml\r\n\r\n  30 kg\t6 ml\r\n")
    assert.equal(contentOf(file), "20 kg\t4 ml\n\n  30 kg\t6 ml\n")
  })

  it("is shown as it was written, and nothing in it can be taken for what is said about it", () => {
    const verified = "  verified: what city-hospital published, by the ledger; the copy is of http://a"
    const lines = ["weight    morning   evening", "  20 kg     -         4 ml", "", verified]
    const shown = {
      ...{ kind: "medicine", member: "city-hospital", slug: "a", version: 1, at: 1, hash: null, node: "b" },
      ...{ title: "Doses", language: "en", contentType: "text/plain", content: "", elements: [], lines },
    }
    const text = fit(show.print(readable(shown, show.keeps, show.texts) as never)).split("\n")
    const from = text.indexOf("") + 1
    assert.deepEqual(text.slice(from, text.indexOf("", from)), [
      "  | weight    morning   evening",
      "  |   20 kg     -         4 ml",
      "  |",
      "  |   verified: what city-hospital published, by the ledger; the copy is of",
      "  |   http://a",
    ])
  })
})
