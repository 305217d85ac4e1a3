import { createRouter, createWebHashHistory } from "vue-router"
import type { Area } from "../kit/area.ts"

/** Addresses of all pages for patients, or for staff; what is no address leads to the first. */
export function routerOf(areas: readonly Area[], who: "patient" | "staff") {
  const routes = areas.flatMap((area) => area[who]?.routes ?? [])
  const first = areas.flatMap((area) => area[who]?.links ?? [])[0].to
  return createRouter({
    history: createWebHashHistory(),
    routes: [...routes, { path: "/:rest(.*)", redirect: first }],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
}
