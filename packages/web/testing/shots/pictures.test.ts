import assert from "node:assert/strict"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { describe, it } from "node:test"
import { pictures } from "./pictures.ts"
import { portalsPage } from "./portals-page.ts"

const FOLDER = new URL("../../../../docs/pictures/", import.meta.url)
const PAGE = new URL("../../../../docs/portals.md", import.meta.url)
/** What all of them may weigh in the repository. */
const MOST_BYTES = 6_000_000

describe("pictures of the pages", () => {
  const kept = readdirSync(FOLDER).filter((one) => one.endsWith(".webp"))

  it("are there for each page in both languages, and no others", () => {
    const named = pictures.flatMap(({ name }) => [`${name}.en.webp`, `${name}.zh.webp`])
    assert.deepEqual([...kept].sort(), [...named].sort())
    assert.equal(new Set(named).size, named.length)
  })
  it("are small", () => {
    const bytes = kept.reduce((sum, one) => sum + statSync(new URL(one, FOLDER)).size, 0)
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes`)
  })
  it("stand on docs/portals.md as the list has them", () => {
    assert.equal(readFileSync(PAGE, "utf8"), portalsPage(pictures))
  })
})
