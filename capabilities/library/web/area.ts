import { type Area, texts } from "@aceso/web/kit/area.ts"
import { withTexts } from "@aceso/web/texts/index.ts"
import type { RouteRecordRaw } from "vue-router"
import { libraryTexts } from "./late-texts.ts"

const late = ["library", libraryTexts] as const

/** `library` takes `?about=`: a word, or the term of a record, about which something may be published. */
const reading: readonly RouteRecordRaw[] = [
  { path: "/library", name: "library", component: withTexts(() => import("./LibraryPage.vue"), late) },
  {
    path: "/library/:member/:slug",
    name: "library-text",
    component: withTexts(() => import("./TextPage.vue"), late),
    meta: { title: "library.one" },
  },
]
const links = [{ to: "/library", text: "library.nav" }]

export const libraryArea: Area = {
  name: "library",
  needs: "library",
  texts: texts({ nav: "Library" }, { nav: "资料库" }),
  patient: { delegates: "any", routes: reading, links },
  open: { routes: reading, links },
  staff: {
    routes: [
      {
        path: "/library/publish",
        name: "library-publish",
        component: withTexts(() => import("./PublishPage.vue"), late),
        meta: { title: "library.publishTitle" },
      },
      ...reading,
    ],
    links,
  },
}
