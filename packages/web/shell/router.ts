import { nextTick, shallowRef, watchEffect } from "vue"
import { createRouter, createWebHashHistory } from "vue-router"
import type { Area, Who } from "../kit/area.ts"
import { missingRoute } from "../pages/missing/route.ts"
import { useI18n } from "../texts/i18n.ts"
import { withLaterTexts } from "../texts/index.ts"
import { titleName } from "./titles.ts"

/** A page could not be loaded: nobody could be reached, or a newer build has taken the place of this one. */
export const isPageMissing = shallowRef(false)

/** Addresses of all pages for patients, for staff, or for anybody; what is no address gets a page that says so. */
export function routerOf(areas: readonly Area[], who: Who) {
  const routes = areas.flatMap((area) => area[who]?.routes ?? [])
  const links = areas.flatMap((area) => area[who]?.links ?? [])
  const first = links[0].to
  const { t } = useI18n()
  const router = createRouter({
    history: createWebHashHistory(),
    routes: [...routes, { path: "/", redirect: first }, missingRoute],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
  router.beforeResolve(async (to) => {
    if (to.path !== first) await withLaterTexts()
  })
  // In the language at hand (WCAG 2.2, 2.4.2).
  watchEffect(() => {
    const title = titleName(router.currentRoute.value, links)
    document.title = title ? `${t(title)} · Aceso` : "Aceso"
  })
  router.onError(() => {
    isPageMissing.value = true
  })
  router.afterEach(async (to, from) => {
    isPageMissing.value = false
    // Whoever does not see the page learns that it is another one (WCAG 2.2, 2.4.3).
    if (from.name === undefined || from.path === to.path) return
    await nextTick()
    document.getElementById("content")?.focus({ preventScroll: true })
  })
  return router
}
