import { readFileSync, writeFileSync } from "node:fs"
import type { Figure } from "./report.ts"

/** `node bench/plot.ts <figures.jsonl>` draws bench/figures.svg: each figure against what is wanted of it. */
const wanted: Readonly<
  Record<string, { readonly least?: number; readonly most?: number; readonly ofRatio?: true }>
> = {
  "embedded.signed": { least: 0.5, ofRatio: true },
  "embedded.entries": { least: 200_000 },
  "tree.changed": { least: 25_000 },
  "growth.transaction": { most: 1.3 },
  "import.synthea": { least: 5_000 },
  "fetch.thousand": { most: 400 },
  "status.hundred.thousand": { most: 1.3, ofRatio: true },
  "patients.page": { most: 1.3, ofRatio: true },
  "history.growth": { most: 1.3, ofRatio: true },
  "inbox.ten.thousand": { most: 100 },
  "start.demo": { most: 10_000 },
  "memory.demo": { most: 500 },
}

const figures = readFileSync(process.argv[2], "utf8")
  .split("\n")
  .filter((line) => line.startsWith("{"))
  .map((line) => JSON.parse(line) as Figure)

/** How much better than wanted: 1 is just enough, 2 twice as good. */
function score({ name, value, ratio }: Figure): number | undefined {
  const goal = wanted[name]
  if (!goal) return undefined
  const measured = goal.ofRatio ? ratio : value
  return goal.least !== undefined ? measured / goal.least : (goal.most as number) / measured
}

const rows = figures.flatMap((figure) => {
  const found = score(figure)
  return found === undefined ? [] : [{ figure, score: found }]
})
const ROW = 34
const LEFT = 190
const WIDTH = 480
const scale = (value: number) => (Math.log2(Math.min(8, Math.max(0.25, value))) + 2) * (WIDTH / 5)
const bars = rows.map(({ figure, score }, i) => {
  const y = 30 + i * ROW
  const colour = score >= 1 ? "#2a7" : "#c53"
  const text = `${figure.value} ${figure.unit.split(" (")[0]}`
  return `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${figure.name}</text><rect x="${LEFT}" y="${y}" width="${scale(score).toFixed(1)}" height="20" fill="${colour}"/><text x="${(LEFT + Math.max(scale(score), scale(1)) + 6).toFixed(1)}" y="${y + 15}">${text}</text>`
})
const line = LEFT + scale(1)
const height = 50 + rows.length * ROW
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 ${height}" font-family="sans-serif" font-size="13" role="img"><title>Measured figures against what is wanted; the line marks just enough, the scale is logarithmic</title><rect width="860" height="${height}" fill="#fff"/>${bars.join("")}<line x1="${line}" y1="20" x2="${line}" y2="${height - 15}" stroke="#333" stroke-dasharray="4 3"/><text x="${line + 4}" y="16" fill="#333">wanted</text></svg>\n`
writeFileSync(new URL("./figures.svg", import.meta.url), svg)
