import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { before, describe, it } from "node:test"
import { type Account, accountOf } from "./exports-account.ts"
import { type ExportFile, filesIn, makersIn } from "./exports-files.ts"
import { importFolder, type Run } from "./exports-run.ts"
import {
  certain,
  changedValues,
  contradicted,
  differences,
  hidden,
  lost,
  miscounted,
  misfiled,
  misread,
  storedAgain,
  unsaid,
} from "./exports-wrong.ts"

const folder = process.env.ACESO_REAL_DATA ?? ""
const isThere = folder !== "" && existsSync(folder)

/** Nothing is wrong; a failing test shows the first lines of what is. */
function none(wrong: readonly string[]): void {
  const more = wrong.length > 10 ? [`… ${wrong.length} in all`] : []
  assert.deepEqual([...wrong.slice(0, 10), ...more], [])
}

if (!isThere)
  it("exports of real makers", {
    skip: "ACESO_REAL_DATA names no folder of exports, one subfolder a maker (conformance/README.md)",
  })

for (const maker of isThere ? makersIn(folder) : [])
  describe(`exports of ${maker}`, () => {
    let files: ExportFile[]
    let run: Run
    let account: Account
    before(async () => {
      files = filesIn(join(folder, maker))
      run = await importFolder(join(folder, maker), maker, { times: 2 })
      account = accountOf(files, run)
    })

    it("every resource is taken and found again, or refused with a reason", () => none(lost(account)))
    it("a file that cannot be read is refused with a reason", () => none(unsaid(account)))
    it("summaries tell as many resources as there are", () => none(miscounted(account, run)))
    it("nothing of another FHIR version is read as R4", () => none(misread(run)))
    it("nothing that names a patient lies where no command shows it", () => none(hidden(run)))
    it("each record stands with the patients whom it names, and no others", () =>
      none(misfiled(account, run)))
    it("every value of every Observation is stored as it was written", () =>
      none(changedValues(account, run, files)))
    it("importing everything once more changes nothing", () => {
      none(storedAgain(run))
      none(differences(run.lying, run.lyingLast))
      assert.equal(run.people[1], run.people[0])
    })
    it("the order of the files does not matter", async () => {
      const reversed = await importFolder(join(folder, maker), maker, { isReversed: true })
      none(differences(run.lying, reversed.lying, certain(account)))
      const people = [...contradicted(account.resources)].filter((name) => name.startsWith("Patient/"))
      if (people.length === 0) assert.equal(reversed.people[0], run.people[0])
    })
  })
