import assert from "node:assert/strict"

export interface Metric {
  readonly type: string
  readonly help: string
  /** By name and labels, as they are written. */
  readonly series: Map<string, number>
}

const HELP = /^# HELP ([a-z][a-z0-9_]*) (.+)$/
const TYPE = /^# TYPE ([a-z][a-z0-9_]*) (counter|gauge|histogram|summary)$/
const SAMPLE =
  /^([a-z][a-z0-9_]*)(\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\})? (\+Inf|-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/
const SUFFIXES: Readonly<Record<string, string>> = {
  counter: "",
  gauge: "",
  histogram: "_bucket|_sum|_count",
  summary: "_sum|_count",
}

/** Reads Prometheus' text format, and refuses what this project never writes. */
export function parseExposition(text: string): Map<string, Metric> {
  assert.ok(text.endsWith("\n") && !text.includes("\n\n"), "lines, each with its end")
  const metrics = new Map<string, Metric>()
  const lines = text.slice(0, -1).split("\n")
  for (let i = 0; i < lines.length; ) {
    const [, name, help] = HELP.exec(lines[i]) ?? assert.fail(`no HELP: ${lines[i]}`)
    const [, typed, type] = TYPE.exec(lines[i + 1]) ?? assert.fail(`no TYPE: ${lines[i + 1]}`)
    assert.equal(typed, name)
    assert.ok(name.startsWith("aceso_") && !metrics.has(name), name)
    assert.equal(name.endsWith("_total"), type === "counter", `${name} is a ${type}`)
    const series = new Map<string, number>()
    for (i += 2; i < lines.length && !lines[i].startsWith("#"); i++) {
      const [, sample, labels = "", value] = SAMPLE.exec(lines[i]) ?? assert.fail(`no sample: ${lines[i]}`)
      assert.match(sample, new RegExp(`^${name}(${SUFFIXES[type]})$`))
      assert.ok(!series.has(sample + labels), `twice: ${lines[i]}`)
      series.set(sample + labels, value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value))
    }
    assert.ok(series.size > 0, `${name} has no series`)
    if (type === "histogram") checkBuckets(name, series)
    metrics.set(name, { type, help, series })
  }
  return metrics
}

function checkBuckets(name: string, series: ReadonlyMap<string, number>): void {
  let before = { bound: Number.NEGATIVE_INFINITY, count: 0 }
  for (const [key, count] of series) {
    const bound = /_bucket\{le="(.+)"\}$/.exec(key)?.[1].replace("+Inf", "Infinity")
    if (bound === undefined) continue
    assert.ok(Number(bound) > before.bound && count >= before.count, key)
    before = { bound: Number(bound), count }
  }
  assert.deepEqual(before, {
    bound: Number.POSITIVE_INFINITY,
    count: series.get(`${name}_count`),
  })
}
