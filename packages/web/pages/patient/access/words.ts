import type { DocumentSummary } from "@aceso/core"
import { kindsIn, typeSaid } from "@aceso/core/display/kinds.ts"
import { useFaultText } from "../../../kit/fault-text.ts"
import { useMoments } from "../../../kit/moments.ts"
import { useRoleText } from "../../../kit/role-text.ts"
import { tagOf } from "../../../kit/when.ts"
import { useI18n } from "../../../texts/i18n.ts"
import { useOrganisations } from "./organisations.ts"

const SOON_MS = 3 * 86_400_000

/** What is permitted, to whom and until when, as people say it. */
export function useAccessWords() {
  const { t, te, locale } = useI18n()
  const moments = useMoments()
  const organisations = useOrganisations()
  const list = (all: readonly string[]): string =>
    new Intl.ListFormat(tagOf(locale.value), { type: "conjunction" }).format(all)

  /** A code of a table in words; one that no table has as it is. */
  const said = (table: string, code: string): string =>
    te(`access.${table}.${code}`) ? t(`access.${table}.${code}`) : code
  const typeText = (type: string): string => typeSaid(type)[locale.value]

  function kinds(classes: readonly string[]): string {
    const { whole, rest } = kindsIn(classes)
    return list([...whole.map((kind) => kind[locale.value]), ...rest.map(typeText)])
  }
  /** Single records by the kinds that they are of. */
  function single(records: readonly string[]): string {
    const types = [...new Set(records.map((one) => one.split("/")[0]))]
    return t("access.what.records", { n: records.length, kinds: list(types.map(typeText)) }, records.length)
  }
  /** @param records as consents name them, such as `Immunization/3f2a` */
  function what(classes: readonly string[], from = "", to = "", records: readonly string[] = []): string {
    const some =
      classes.length === 0 ? t("access.what.all") : t("access.what.only", { kinds: kinds(classes) })
    const all = records.length > 0 ? single(records) : some
    if (from && to) return t("access.what.between", { what: all, from: date(from), to: date(to) })
    if (from) return t("access.what.since", { what: all, from: date(from) })
    return to ? t("access.what.before", { what: all, to: date(to) }) : all
  }
  /** A FHIR date as it was written, in words; a month or a year stays one. */
  function date(text: string): string {
    if (!/^\d{4}-\d\d-\d\d/.test(text)) return text
    const ms = Date.parse(text.includes("T") ? text : `${text}T00:00`)
    return Number.isNaN(ms) ? text : moments.day(ms)
  }
  /** @param ms what is soon is told to the minute */
  const end = (ms: number): string => (ms - Date.now() < SOON_MS ? moments.moment(ms) : moments.day(ms))
  function until(text: string): string {
    if (text === "") return t("access.until.never")
    const ms = Date.parse(text)
    return t("access.until.at", { end: Number.isNaN(ms) || !text.includes("T") ? date(text) : end(ms) })
  }
  const role = useRoleText()

  /** A consent as a sentence. @param at custodians at which it stands */
  function sentence(one: DocumentSummary, at: readonly string[]): string {
    const isPermit = one.type === "permit"
    const words = {
      who: list(one.grantees.map(organisations.nameOf)),
      what: what(one.classes, one.from, one.to, one.records),
      where: list(at.map(organisations.nameOf)),
      why:
        one.purposes.length > 0
          ? list(one.purposes.map((code) => said("purpose", code)))
          : t("access.anyPurpose"),
      until: until(one.until),
    }
    if (one.grantees.length === 0) return t(isPermit ? "access.unnamedMay" : "access.nobodyMay", words)
    return t(isPermit ? "access.may" : "access.mayNot", words)
  }
  /** Somebody of an organisation, as it calls them. */
  const person = (one: {
    readonly name?: string
    readonly role: string
    readonly requester: string
  }): string =>
    t(one.name === undefined ? "access.someone" : "access.person", {
      name: one.name ?? "",
      role: role(one.role),
      of: organisations.nameOf(one.requester),
    })

  return {
    ...organisations,
    list,
    said,
    kinds,
    typeText,
    what,
    until,
    end,
    role,
    sentence,
    person,
    faultText: useFaultText().faultText,
    language: locale,
  }
}

/** Whether it ends in the past. @param until a FHIR time; empty: it has no end */
export function isPast(until: string, now = Date.now()): boolean {
  const ms = Date.parse(until)
  return !Number.isNaN(ms) && ms <= now
}
