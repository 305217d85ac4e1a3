/** What text of a pattern looks like, for people: an error never shows an expression. */
const WORDS: Readonly<Record<string, string>> = {
  "^[a-z][a-z0-9-]*$": "small letters, digits and hyphens, a letter first, such as city-hospital",
  "^[a-z0-9-]+$": "small letters, digits and hyphens, such as phone",
  "^[a-z][a-z-]*$": "small letters and hyphens, a letter first, such as doctor",
  "^[a-z][A-Za-z0-9]*$": "letters and digits, a small letter first, such as records",
  "^[a-z][A-Za-z0-9]*(?:\\.[a-z][A-Za-z0-9]*)?$":
    "a contract, or a process as contract and name, such as records or cases.messages",
  "^[A-Za-z][A-Za-z0-9]*$": "letters and digits, a letter first, such as Communication",
  "^[A-Z][A-Za-z]+$": "letters, a capital first, such as Observation",
  "^\\d{4}(-\\d\\d(-\\d\\d(T[0-9:.]+(Z|[+-]\\d\\d:\\d\\d))?)?)?$":
    "a year, month, day or moment with its zone, such as 2026-05-01 or 2026-05-01T08:00:00Z",
  "^[0-9a-f]+$": "hexadecimal digits (0 to 9, a to f)",
  "^[0-9a-f]{4,32}$": "4 to 32 hexadecimal digits (0 to 9, a to f)",
  "^[0-9a-f]{40}$": "40 hexadecimal digits (0 to 9, a to f)",
  "^[a-z][A-Za-z]*$": "letters, a small one first, such as noticeDelayMs",
  "^[0-9A-F]{64}$": "64 hexadecimal digits in capitals (0 to 9, A to F)",
  "^[A-Za-z0-9.:-]+$": "a host's name or address, such as node.city.example or 127.0.0.1",
  "^\\p{L}[\\p{L}\\p{M}\\p{N}\\u200c-\\u200d \\u00a0\\u3000.,'‘’()\\u002f·‧・゠＝་׳״‐‑-]*$":
    "a name such as Lin Mei: a letter first, and of signs those of names alone",
  "^[^\\p{C}]+$": "text in one line, without characters that nobody can see",
  "^[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}$":
    "a code as it was shown: four times four letters and digits, such as 7K2M-9QXR-4TBW-0HVC",
  "^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$":
    "a path below a build's folder, such as assets/app-BqEasl1S.js",
  "^\\d{6}$": "six digits",
  "^\\d{4}-\\d\\d-\\d\\d$": "a day as year-month-day, such as 1970-01-31",
  "^[A-Za-z][A-Za-z0-9+.-]*:[^\\s\\p{C}]+$":
    "the URI of an identifier system, such as urn:oid:2.16.156.10011.1.3 or https://city.example/mrn",
  "^[1-9]\\d*$": "a whole number from 1 on",
  "^\\d{4}-\\d\\d-\\d\\dT([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,3})?(Z|[+-]\\d\\d:\\d\\d)$":
    "a date, a time with its seconds and the zone, such as 2026-05-01T08:00:00+02:00",
  "^\\d{4}(-\\d\\d(-\\d\\d)?)?$": "a year, a month or a day, such as 2026, 2026-05 or 2026-05-01",
  "^-?(0|[1-9]\\d*)(\\.\\d+)?$": "a number with a point before its decimals, such as 1.00",
  "^\\d{1,7}-\\d$": "a LOINC code, such as 2823-3",
  "^[A-Z]\\d\\d(\\.[0-9A-Z]{1,4})?$": "an ICD-10 code, such as I48.0",
  "^[A-Z][A-Za-z]+\\/[A-Za-z0-9\\-.]{1,64}$": "type and id, such as Observation/77",
}

/** @returns undefined for a pattern that has no words yet */
export const wordsOf = (pattern: RegExp): string | undefined =>
  Object.hasOwn(WORDS, pattern.source) ? WORDS[pattern.source] : undefined
