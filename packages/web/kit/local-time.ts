/** Days and times as fields for them have them: of the zone of this device, in which whoever fills them in lives. */

const two = (n: number) => String(n).padStart(2, "0")

/** A moment's day as a field of dates has it. @param ms */
export function dayField(ms: number): string {
  const at = new Date(ms)
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** The beginning of a day on this device, ms; `plus`: so many days later. */
export function dayStart(day: string, plus = 0): number {
  const [year, month, date] = day.split("-").map(Number)
  return new Date(year, month - 1, date + plus).getTime()
}

/** As a field for date and time has it. */
export const localOf = (at: Date): string =>
  `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`

const DAY_MS = 86_400_000

/**
 * The moments at which clocks here showed a time, the earlier first: none where summer time left it out, two where its
 * end brought it back.
 * @param local as a field for date and time has it
 */
export function momentsOf(local: string): { readonly ms: number; readonly zone: string }[] {
  const asUtc = Date.parse(`${local}Z`)
  if (Number.isNaN(asUtc)) return []
  const offsets = new Set([-DAY_MS, 0, DAY_MS].map((by) => -new Date(asUtc + by).getTimezoneOffset()))
  return [...offsets]
    .map((offset) => ({ offset, ms: asUtc - offset * 60_000 }))
    .filter(({ ms, offset }) => -new Date(ms).getTimezoneOffset() === offset)
    .sort((a, b) => a.ms - b.ms)
    .map(({ ms, offset }) => ({ ms, zone: zoneOf(offset) }))
}

function zoneOf(offset: number): string {
  const minutes = Math.abs(offset)
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(Math.floor(minutes) % 60)}`
}

/** With the zone that this device had then; undefined: there was no such time. `isLater`: the second, where it was twice. */
export function withZone(local: string, isLater = false): string | undefined {
  const zone = momentsOf(local).at(isLater ? -1 : 0)?.zone
  return zone && `${local.length === 16 ? `${local}:00` : local}${zone}`
}
