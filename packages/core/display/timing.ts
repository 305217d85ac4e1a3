import { asList, asText, isObject, type Json, type JsonObject } from "../json.ts"
import { conceptText, joined, periodText, quantityText, rangeText, scalarText } from "./datatypes.ts"
import { tongue, words } from "./spoken.ts"
import { entryOf } from "./words.ts"

/** `1` and `2` as `1 to 2`. */
function span(low: Json | undefined, high: Json | undefined): string | undefined {
  const [from, to] = [scalarText(low), scalarText(high)]
  if (from === undefined) return to === undefined ? undefined : `${words.upTo} ${to}`
  return to === undefined ? from : `${from} ${words.to} ${to}`
}

const wordOf = (code: string | undefined): string =>
  entryOf<string>(tongue.timings, code ?? "") ?? code ?? "?"

/** Of a number of that many. */
function unit(code: Json | undefined, number: string): string {
  const text = asText(code)
  const word = wordOf(text)
  return /^(day|week|month|year)$/.test(word) && number !== "1" ? `${word}s` : word
}

/** FHIR Timing (R4 2.24.0.17) in words; number tokens as received. */
export function timingText(timing: Json | undefined): string | undefined {
  if (!isObject(timing)) return asText(timing)
  const repeat = isObject(timing.repeat) ? repeatText(timing.repeat) : undefined
  const events = joined(asList(timing.event).map(asText))
  return joined([conceptText(timing.code), repeat, events])
}

function repeatText(repeat: JsonObject): string | undefined {
  const { frequency, frequencyMax, period, periodMax, duration, durationMax, count, countMax } = repeat
  const often = span(frequency, frequencyMax)
  const every = span(period, periodMax)
  const lasts = span(duration, durationMax)
  const total = span(count, countMax)
  const offset = scalarText(repeat.offset)
  const when = asList(repeat.when).map((code) => wordOf(asText(code)))
  const bounds = quantityText(repeat.boundsDuration) ?? rangeText(repeat.boundsRange)
  return joined([
    often !== undefined || every !== undefined
      ? joined(
          [
            // Without a frequency it is once (R4, Timing.repeat.frequency).
            `${often ?? "1"}${words.times}`,
            every === undefined ? undefined : `${words.per} ${every} ${unit(repeat.periodUnit, every)}`,
          ],
          " ",
        )
      : undefined,
    lasts === undefined ? undefined : `${words.for} ${lasts} ${unit(repeat.durationUnit, lasts)}`,
    offset === undefined ? joined(when) : `${offset} ${wordOf("min")} ${joined(when) ?? ""}`.trim(),
    joined(asList(repeat.dayOfWeek).map((day) => wordOf(asText(day)))),
    joined(asList(repeat.timeOfDay).map(asText)),
    total === undefined ? undefined : `${total} ${words.total}`,
    bounds === undefined ? periodText(repeat.boundsPeriod) : `${words.for} ${bounds}`,
  ])
}
