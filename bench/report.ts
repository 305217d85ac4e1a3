/** One figure as `npm run bench -- --json` prints it. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
  readonly referenceValue: number
  readonly ratio: number
}

const round = (value: number) => Number(value.toPrecision(4))

/** Prints one figure as a JSON line; main.ts makes the table. */
export function report(
  name: string,
  value: number,
  unit: string,
  reference = "",
  referenceValue = 0,
  ratio?: number,
): void {
  const figure: Figure = {
    name,
    value: round(value),
    unit,
    reference,
    referenceValue: round(referenceValue),
    ratio: round(ratio ?? (referenceValue === 0 ? 0 : value / referenceValue)),
  }
  process.stdout.write(`${JSON.stringify(figure)}\n`)
}

export const seconds = (from: number): number => (performance.now() - from) / 1000

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}
