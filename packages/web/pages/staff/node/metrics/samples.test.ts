import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { MetricsAnswer } from "@aceso/client"
import { MAX_SAMPLES, plotsOf, runsOf, withSample } from "./samples.ts"

const sample = (time: number, more: Partial<MetricsAnswer> = {}): MetricsAnswer => ({
  ...{ time, began: 1, height: time, accepted: 0, rejected: 0 },
  requests: { answered: 0, refused: 0, failed: 0 },
  waiting: { verdicts: 1, intake: 2, records: 3, disclosures: 4 },
  memory: { resident: 6, heap: 5 },
  ...more,
})

describe("samples that the page takes", () => {
  const two = [sample(1_000), sample(6_000)]
  for (const [name, next, expected] of [
    ["are kept one after the other", sample(11_000), [1_000, 6_000, 11_000]],
    ["are kept once", sample(6_000), [1_000, 6_000]],
    ["begin anew with another process", sample(11_000, { began: 2 }), [11_000]],
    ["begin anew where the node's clock was set back", sample(5_000), [5_000]],
  ] as const)
    it(name, () =>
      assert.deepEqual(
        withSample(two, next).map(({ time }) => time),
        expected,
      ),
    )
  it("are no more than a quarter of an hour", () => {
    let all: readonly MetricsAnswer[] = []
    for (let i = 1; i <= MAX_SAMPLES + 20; i++) all = withSample(all, sample(i * 5_000))
    assert.equal(all.length, MAX_SAMPLES)
    assert.equal(all[0].time, 21 * 5_000)
  })
  it("of more than a quarter of an hour ago are forgotten, and a gap is a gap", () => {
    const before = [sample(1_000), sample(6_000)]
    const later = withSample(before, sample(3 * 3_600_000))
    assert.deepEqual(
      later.map(({ time }) => time),
      [3 * 3_600_000],
    )
    const all = [...before, sample(306_000, { accepted: 60 }), sample(311_000, { accepted: 70 })]
    const [height, { lines }] = plotsOf(all)
    assert.deepEqual(lines[0].values, [null, 0, null, 2])
    const times = all.map(({ time }) => time)
    assert.deepEqual(runsOf(height.lines[0].values, times), [
      [0, 1],
      [2, 3],
    ])
    assert.deepEqual(runsOf(lines[0].values, times), [[1], [3]])
  })
  it("are drawn as they are, and by the second what is counted up", () => {
    const plots = plotsOf([
      sample(1_000, { accepted: 10 }),
      sample(6_000, { accepted: 20, rejected: 1, requests: { answered: 5, refused: 10, failed: 0 } }),
      sample(8_000, { accepted: 20, rejected: 1, requests: { answered: 9, refused: 10, failed: 1 } }),
    ])
    const values = (plot: string) =>
      Object.fromEntries(
        plots.find(({ name }) => name === plot)?.lines.map((line) => [line.name, line.values]) ?? [],
      )
    assert.deepEqual(values("height"), { height: [1_000, 6_000, 8_000] })
    assert.deepEqual(values("transactions"), { accepted: [null, 2, 0], rejected: [null, 0.2, 0] })
    assert.deepEqual(values("requests"), {
      ...{ answered: [null, 1, 2], refused: [null, 2, 0], failed: [null, 0, 0.5] },
    })
    assert.deepEqual(values("queues").disclosures, [4, 4, 4])
    assert.deepEqual(values("memory"), { resident: [6, 6, 6], heap: [5, 5, 5] })
  })
})
