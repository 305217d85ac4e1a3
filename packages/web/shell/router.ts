import { nextTick, shallowRef } from "vue"
import { createRouter, createWebHashHistory } from "vue-router"
import type { Area } from "../kit/area.ts"
import { useI18n } from "../texts/i18n.ts"
import { withLaterTexts } from "../texts/index.ts"

/** A page could not be loaded: nobody could be reached, or a newer build has taken the place of this one. */
export const isPageMissing = shallowRef(false)

/** Addresses of all pages for patients, or for staff; what is no address leads to the first. */
export function routerOf(areas: readonly Area[], who: "patient" | "staff") {
  const routes = areas.flatMap((area) => area[who]?.routes ?? [])
  const first = areas.flatMap((area) => area[who]?.links ?? [])[0].to
  const { t } = useI18n()
  const router = createRouter({
    history: createWebHashHistory(),
    routes: [...routes, { path: "/:rest(.*)", redirect: first }],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
  router.beforeResolve(async (to) => {
    if (to.path !== first) await withLaterTexts()
  })
  router.onError(() => {
    isPageMissing.value = true
  })
  router.afterEach(async (to, from) => {
    isPageMissing.value = false
    const area = areas.find((one) => one[who]?.routes.some(({ name }) => name === to.name))
    const link = area?.[who]?.links[0]
    document.title = link ? `${t(link.text)} · Aceso` : "Aceso"
    // Whoever does not see the page learns that it is another one (WCAG 2.2, 2.4.3).
    if (from.name === undefined || from.path === to.path) return
    await nextTick()
    document.getElementById("content")?.focus({ preventScroll: true })
  })
  return router
}
