// `npm run screenshots -- [--all] [<name> ...]`: starts a demo, and takes pictures of the pages for docs/portals.md.
import { readdirSync, rmSync, writeFileSync } from "node:fs"
import { openBrowser } from "../browser.ts"
import type { Language, Picture } from "./picture.ts"
import { pictures } from "./pictures.ts"
import { portalsPage } from "./portals-page.ts"
import { MOMENTS, Scene } from "./scene.ts"
import { type Look, SIZES, take } from "./take.ts"

const FOLDER = "docs/pictures"
const [DESK, PHONE] = SIZES
/** Each page in both languages, in both sizes, light and dark. */
const KEPT: readonly Look[] = [
  { language: "en", size: DESK },
  { language: "zh", size: PHONE },
]
const ALL: readonly Look[] = (["en", "zh"] as const).flatMap((language: Language) =>
  SIZES.map((size) => ({ language, size })),
)

const given = process.argv.slice(2)
const isAll = given.includes("--all")
const wanted = given.filter((one) => one !== "--all")
const unknown = wanted.filter((one) => !pictures.some(({ name }) => name === one))
if (unknown.length > 0) {
  console.log(
    `no picture is called ${unknown.join(", ")}; there are ${pictures.map(({ name }) => name).join(", ")}`,
  )
  process.exit(2)
}

const fileOf = ({ name }: Picture, { language, size }: Look) =>
  isAll ? `${FOLDER}/all/${name}.${language}.${size.width}.webp` : `${FOLDER}/${name}.${language}.webp`
const chosen = pictures.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const scene = await Scene.open()
const browser = await openBrowser()
let wrong = 0
for (const moment of MOMENTS) {
  await scene.become(moment)
  for (const picture of chosen.filter((one) => one.moment === moment))
    for (const look of isAll ? ALL : KEPT) {
      const file = fileOf(picture, look)
      const found = await take(scene, browser, picture, look, file).catch((error: Error) => [error.message])
      wrong += found.length
      console.log(
        `${file}: ${found.length === 0 ? "no violation, no fault" : found.join(" | ").replaceAll("\n", " ")}`,
      )
    }
}
await browser.close()
await scene.network.close()
if (!isAll) writeFileSync("docs/portals.md", portalsPage(pictures))
if (!isAll && wanted.length === 0) {
  const kept = new Set(pictures.flatMap((one) => KEPT.map((look) => fileOf(one, look))))
  for (const file of readdirSync(FOLDER).filter((one) => one.endsWith(".webp")))
    if (!kept.has(`${FOLDER}/${file}`)) rmSync(`${FOLDER}/${file}`)
}
process.exit(wrong > 0 ? 1 : 0)
