import assert from "node:assert/strict"
import { registerHooks } from "node:module"
import { before, describe, it } from "node:test"
import type { RouteRecordRaw } from "vue-router"
import type { Area, AreaTexts, Texts, Who } from "../kit/area.ts"
import { titleName } from "./titles.ts"

type Late = readonly (readonly [name: string, texts: AreaTexts])[]

/** In place of pages, which only Vite can read: the texts that a page brings with it. */
const stubs = registerHooks({
  load(url, context, next) {
    if (url.endsWith(".vue")) return { format: "module", source: "export default {}", shortCircuit: true }
    if (url.endsWith("/web/texts/index.ts"))
      return {
        ...{ format: "module", shortCircuit: true },
        source: "export const withTexts = (load, ...texts) => texts",
      }
    return next(url, context)
  },
})

interface Page {
  readonly path: string
  readonly title: unknown
  readonly late: Late
}
/** Every page below routes, by its whole address. */
function pagesOf(routes: readonly RouteRecordRaw[], above = "", late: Late = []): Page[] {
  return routes.flatMap((route) => {
    const path = route.path === "" ? above : `${above}/${route.path.replace(/^\//, "")}`
    const own = [...late, ...(Array.isArray(route.component) ? (route.component as Late) : [])]
    if (route.children) return pagesOf(route.children, path, own)
    return [{ path, title: route.meta?.title, late: own }]
  })
}
const textAt = (all: Texts, name: string): unknown =>
  name.split(".").reduce<unknown>((at, part) => (at as Texts | undefined)?.[part], all)

describe("the title of a page", () => {
  let all: Readonly<Record<Who, readonly Area[]>>
  let shell: AreaTexts
  let missing: RouteRecordRaw
  before(async () => {
    const { patientAreas } = await import("../pages/patient/areas.ts")
    const { staffAreas } = await import("../pages/staff/areas.ts")
    const { openAreas } = await import("../pages/open/areas.ts")
    all = { patient: patientAreas, staff: staffAreas, open: openAreas }
    shell = (await import("../texts/shell.ts")).shellTexts
    missing = (await import("../pages/missing/route.ts")).missingRoute
    stubs.deregister()
  })

  for (const who of ["patient", "staff", "open"] as const)
    it(`is that of its own subject, in both languages, for every page of ${who}`, async () => {
      const areas = all[who]
      const links = areas.flatMap((area) => area[who]?.links ?? [])
      const pages = [...pagesOf(areas.flatMap((area) => area[who]?.routes ?? [])), ...pagesOf([missing])]
      assert.ok(pages.length > 5)
      for (const language of ["en", "zh"] as const) {
        const titles = new Map<string, string>()
        for (const { path, title, late } of pages) {
          const name = titleName({ path, meta: { title } }, links)
          assert.ok(
            title !== undefined || links.some(({ to }) => to === path),
            `${path} has no title of its own`,
          )
          assert.ok(name, `${path} has no title`)
          const here = [
            await shell[language](),
            ...(await Promise.all(
              [
                ...areas.flatMap(({ name, texts, later }) => [
                  [name, texts] as const,
                  [name, later] as const,
                ]),
                ...late,
              ].map(async ([name, texts]) => ({ [name]: (await texts?.[language]()) ?? {} })),
            )),
          ]
          const found = here.map((one) => textAt(one, name)).find((one) => typeof one === "string")
          assert.ok(typeof found === "string", `${path}: no text ${name} comes with it in ${language}`)
          assert.doesNotMatch(found, /[{|]/, `${path}: a title has nothing to fill in`)
          const sameAs = titles.get(found)
          assert.equal(sameAs, undefined, `${path} has the title of ${sameAs} in ${language}: ${found}`)
          titles.set(found, path)
        }
      }
    })
})
