/** A time as it was written, by the customs of a language. */
export interface When {
  /** As far as it is known: a day, a month or a year. */
  readonly date: string
  /** The time of day with its zone, as it was written. */
  readonly clock?: string
}

const WRITTEN = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?: (.+))?$/

/** @param written as `timeAsWritten` gives it @param tag of the language, such as zh-CN; what is no date stays as it is */
export function whenOf(written: string, tag: string): When {
  const [whole, year, month, day, clock] = WRITTEN.exec(written) ?? []
  if (whole === undefined) return { date: written }
  const at = new Date(Date.UTC(Number(year), Number(month ?? 1) - 1, Number(day ?? 1)))
  at.setUTCFullYear(Number(year))
  // What no calendar has is shown as it was written.
  if (at.getUTCMonth() !== Number(month ?? 1) - 1 || at.getUTCDate() !== Number(day ?? 1))
    return { date: written }
  return { date: dateText(at, tag, month, day), ...(clock !== undefined && { clock }) }
}

function dateText(at: Date, tag: string, month: string | undefined, day: string | undefined): string {
  if (month === undefined) return format(at, tag, { year: "numeric" })
  if (day === undefined) return format(at, tag, { year: "numeric", month: "long" })
  return format(at, tag, { year: "numeric", month: "short", day: "numeric" })
}

/** The name of a month such as 2024-03; a year alone has none. */
export function monthWords(month: string, tag: string): string | undefined {
  if (month.length < 7) return undefined
  const at = new Date(Date.UTC(2000, Number(month.slice(5, 7)) - 1, 1))
  return Number.isNaN(at.getTime()) ? undefined : format(at, tag, { month: "long" })
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(at: Date, tag: string, options: Intl.DateTimeFormatOptions): string {
  const name = `${tag} ${Object.keys(options)} ${options.month}`
  const known = formats.get(name) ?? new Intl.DateTimeFormat(tag, { ...options, timeZone: "UTC" })
  formats.set(name, known)
  return known.format(at)
}

/** Beyond it ECMAScript has no dates, and formatting throws; ms. */
const MAX_DATE_MS = 8.64e15

/** Whether there is such a date. @param ms */
export const isDate = (ms: number): boolean => Math.abs(ms) <= MAX_DATE_MS

/** The languages of the texts as Intl wants them. */
export const tagOf = (language: string): string => (language === "zh" ? "zh-CN" : "en-GB")
