import type { Area } from "../../../kit/area.ts"
import { withTexts } from "../../../texts/index.ts"
import { keptTexts } from "./kept/late-texts.ts"
import { recordTexts } from "./later-texts.ts"
import { recordsTexts } from "./texts.ts"

export const recordsArea: Area = {
  name: "records",
  texts: recordsTexts,
  later: recordTexts,
  patient: {
    delegates: ["read"],
    routes: [
      { path: "/records", name: "records", component: () => import("./RecordsPage.vue") },
      {
        path: "/records/values",
        name: "records-values",
        component: () => import("./values/ValuesPage.vue"),
        meta: { title: "records.values.nav" },
      },
      {
        path: "/records/download",
        name: "records-download",
        component: () => import("./DownloadPage.vue"),
        meta: { title: "records.download.title" },
      },
      {
        path: "/records/device",
        name: "records-kept",
        component: withTexts(() => import("./kept/KeptPage.vue"), ["kept", keptTexts]),
        meta: { title: "kept.title" },
      },
      {
        path: "/records/one/:id(.*)",
        name: "record",
        component: () => import("./one/RecordPage.vue"),
        meta: { title: "records.one.title" },
      },
    ],
    links: [{ to: "/records", text: "records.nav" }],
  },
}
