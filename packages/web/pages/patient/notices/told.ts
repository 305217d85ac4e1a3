/** Of whom this device is told of notices, and when that was last said again, ms: it has to be said within 90 days. */
const TOLD = "aceso-notices"
type Told = Readonly<Record<string, number>>

export function told(): Told {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(TOLD) ?? "{}")
    return kept !== null && typeof kept === "object" ? (kept as Told) : {}
  } catch {
    return {}
  }
}

function keep(all: Told): void {
  if (Object.keys(all).length === 0) localStorage.removeItem(TOLD)
  else localStorage.setItem(TOLD, JSON.stringify(all))
}

export const tellOf = (mark: string, now = Date.now()): void => keep({ ...told(), [mark]: now })
export const tellNoMoreOf = (mark: string): void =>
  keep(Object.fromEntries(Object.entries(told()).filter(([name]) => name !== mark)))
