import type { Histogram } from "@aceso/ledger"

export type Labels = Readonly<Record<string, string>>
/** One series of a metric: its labels and value. */
export type Series<V> = readonly [labels: Labels, value: V]

/** Sum and count of durations, in seconds. */
export interface Durations {
  readonly sum: number
  readonly count: number
}

/** The content type of Prometheus' text format. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8"

/** Writes metrics in Prometheus' text format 0.0.4. What is undefined is not known now, and left out. */
export class Exposition {
  private readonly lines: string[] = []

  gauge(name: string, help: string, value: number | undefined | readonly Series<number>[]): void {
    this.metric(name, "gauge", help, value)
  }

  /** @param name ends in `_total` */
  counter(name: string, help: string, value: number | undefined | readonly Series<number>[]): void {
    this.metric(name, "counter", help, value)
  }

  histogram(name: string, help: string, { buckets, sum, count }: Histogram): void {
    this.head(name, "histogram", help)
    for (const { bound, count } of buckets) this.sample(`${name}_bucket`, { le: String(bound) }, count)
    this.sample(`${name}_bucket`, { le: "+Inf" }, count)
    this.sample(`${name}_sum`, {}, sum)
    this.sample(`${name}_count`, {}, count)
  }

  /** Without quantiles. */
  summary(name: string, help: string, all: readonly Series<Durations>[]): void {
    if (all.length === 0) return
    this.head(name, "summary", help)
    for (const [labels, { sum, count }] of all) {
      this.sample(`${name}_sum`, labels, sum)
      this.sample(`${name}_count`, labels, count)
    }
  }

  get text(): string {
    return `${this.lines.join("\n")}\n`
  }

  private metric(
    name: string,
    type: string,
    help: string,
    value: number | undefined | readonly Series<number>[],
  ): void {
    const all: readonly Series<number>[] = typeof value === "number" ? [[{}, value]] : (value ?? [])
    if (all.length === 0) return
    this.head(name, type, help)
    for (const [labels, one] of all) this.sample(name, labels, one)
  }

  private head(name: string, type: string, help: string): void {
    this.lines.push(`# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`)
    this.lines.push(`# TYPE ${name} ${type}`)
  }

  private sample(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
    this.lines.push(`${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${numeral(value)}`)
  }
}

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")

const numeral = (value: number): string =>
  Math.abs(value) === Number.POSITIVE_INFINITY ? (value > 0 ? "+Inf" : "-Inf") : String(value)
