import type { RouteRecordRaw } from "vue-router"
import { withTexts } from "../../texts/index.ts"
import { missingTexts } from "./late-texts.ts"

/** What is no address of a page. */
export const missingRoute: RouteRecordRaw = {
  path: "/:rest(.*)",
  name: "missing",
  component: withTexts(() => import("./MissingPage.vue"), ["missing", missingTexts]),
  meta: { title: "missing.title" },
}
