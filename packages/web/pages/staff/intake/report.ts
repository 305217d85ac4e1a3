import type { ImportEnded, WaitsBy } from "../../../session/staff/importing.ts"

/** Texts of the page. */
type Say = (key: string, named?: Readonly<Record<string, unknown>>) => string
type Has = (key: string) => boolean

/** Why an input was refused or a file left out, by its code. */
export const reasonIn = (t: Say, te: Has, code: string): string =>
  t(te(`intake.reason.${code}`) ? `intake.reason.${code}` : "intake.reason.other")

/** Whom something that belongs to nobody waits for. */
export const waitsIn = (t: Say, waitsBy: WaitsBy): string => t(`intake.unfiled.wait.${waitsBy}`)

/** What was not taken as it came, as a table that a spreadsheet opens (RFC 4180). */
export function reportOf(ended: ImportEnded, t: Say, te: Has): string {
  const { refused, skipped, unfiled, renamedIn, older, unresolved, beyond } = ended
  const reason = (code: string) => reasonIn(t, te, code)
  const rows: (readonly string[])[] = [
    ["what", "file", "resource", "words", "code", "details"].map((name) => t(`intake.column.${name}`)),
    ...refused.map((one) => [
      t("intake.list.refused"),
      one.where,
      "",
      reason(one.reason),
      one.reason,
      one.detail,
    ]),
    ...skipped.map((one) => [
      t("intake.list.skipped"),
      one.name,
      "",
      reason(one.reason),
      one.reason,
      one.why,
    ]),
    ...unfiled.map((one) => [
      t("intake.list.unfiled"),
      one.where,
      one.resource,
      waitsIn(t, one.waitsBy),
      "",
      one.reference,
    ]),
    ...renamedIn.map(({ where, count }) => [
      ...[t("intake.list.renamed"), where, "", t("intake.renamedOf", { n: count }), "", String(count)],
    ]),
    ...older.map((one) => [
      t("intake.list.older"),
      one.where,
      one.resource,
      t("intake.olderWhy"),
      "",
      one.newer,
    ]),
    ...unresolved.map((one) => [t("intake.list.unresolved"), "", "", t("intake.unresolvedWhy"), "", one]),
    // A report that is not all of it ends with that.
    ...Object.entries(beyond)
      .filter(([, n]) => n > 0)
      .map(([name, n]) => [t(`intake.list.${name}`), "", "", t("intake.beyond", { n }), "", String(n)]),
  ]
  // By the mark spreadsheets know that it is UTF-8.
  return `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`
}

/** What begins like a formula stays a text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return `"${safe.replaceAll('"', '""')}"`
}
