import {
  duplicatesAnswer,
  duplicatesQuestion,
  type PatientsQuestion,
  patientsAnswer,
  patientsQuestion,
  type ShownPatient,
} from "@aceso/client"
import { equalBytes, type Handle, PlatformError } from "@aceso/core"
import { termsAsked } from "@aceso/fhir"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import type { Vault } from "../vault/vault.ts"
import type { FoundPatients } from "../vault/vault-people.ts"
import { joinedWith } from "./group.ts"
import { mustSearch } from "./searching.ts"
import { shownPatient } from "./shown-patient.ts"

/** Who the organisation's patients are, for its own people alone: decrypted for the page that they ask for. */
export const patientsModule = serverModule({
  name: "patients",
  needs: ["config", "vault"],
  setup: ({ config, vault }) => ({
    routes: [
      staffRoute({
        path: "/staff/patients",
        summary: "own patients, by pages, by what they are called, or one by alias",
        question: patientsQuestion,
        answer: patientsAnswer,
        check: mustSearch,
        async handle(question) {
          const { patients, next } = await pageOf(vault, question)
          const shown: ShownPatient[] = []
          for (const one of patients) shown.push(await shownPatient({ config, vault }, one))
          return { patients: shown, next }
        },
      }),
      staffRoute({
        path: "/staff/duplicates",
        summary: "pairs of patients that may be one, by pages",
        question: duplicatesQuestion,
        answer: duplicatesAnswer,
        check: mustSearch,
        async handle({ after, limit }) {
          mustBePage(limit)
          const pairs = await vault.openDuplicates(after, limit)
          const duplicates = []
          for (const { number, pair, reasons, foundAt } of pairs) {
            const found = await Promise.all(pair.map((handle) => vault.listedPatient({ handle })))
            const [first, second] = found
            // Joined through others, nothing is open about the two.
            if (!first || !second || (await areJoined(vault, pair))) continue
            const one = await shownPatient({ config, vault }, first)
            const other = await shownPatient({ config, vault }, second)
            // The one that was here before comes first.
            const [older, newer] = one.number < other.number ? [one, other] : [other, one]
            duplicates.push({ number, first: older, second: newer, reasons, foundAt })
          }
          const next = pairs.length === limit ? pairs.at(-1)?.number : undefined
          return { duplicates, next }
        },
      }),
    ],
  }),
})

async function areJoined(vault: Vault, [one, other]: readonly [Handle, Handle]): Promise<boolean> {
  return (await joinedWith(vault, one)).some((handle) => equalBytes(handle, other))
}

async function pageOf(
  vault: Vault,
  { alias, search, after, limit }: PatientsQuestion,
): Promise<FoundPatients> {
  mustBePage(limit)
  if (alias !== undefined && search !== undefined)
    throw new PlatformError("bad_input", "alias or search: one of them, or neither")
  if (alias !== undefined) {
    const one = await vault.listedPatient({ alias })
    return { patients: one ? [one] : [] }
  }
  if (search !== undefined) mustBeRecorded(search)
  if (search !== undefined) return vault.searchPatients(termsAsked(search), after, limit)
  const patients = await vault.patientsPage(after, limit)
  return patients.length < limit ? { patients } : { patients, next: patients.at(-1)?.number }
}

const OTHER_DATES = /^(\d{4}([/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3\d{4}|\d{4}年\d{1,2}月\d{1,2}日?)$/
const RECORDED = /^\d{4}-\d\d-\d\d$/

/** Birth dates are compared as FHIR writes them. @throws PlatformError `bad_input` where one is written otherwise */
function mustBeRecorded(search: string): void {
  const isOther = (word: string) =>
    OTHER_DATES.test(word) || (/^\d{4}-\d{1,2}-\d{1,2}$/.test(word) && !RECORDED.test(word))
  const other = search.split(/\s+/).find(isOther)
  if (other !== undefined)
    throw new PlatformError(
      "bad_input",
      `search: ${other} would find nobody; write a birth date as year-month-day, such as 1970-01-31, and a record number without its separators`,
    )
}

function mustBePage(limit: number): void {
  if (limit === 0) throw new PlatformError("bad_input", "limit: a page has at least one line")
}
