import type { Area } from "../../../kit/area.ts"
import { recordsTexts } from "./texts.ts"

export const recordsArea: Area = {
  name: "records",
  texts: recordsTexts,
  patient: {
    delegates: ["read"],
    routes: [
      { path: "/records", name: "records", component: () => import("./RecordsPage.vue") },
      {
        path: "/records/values",
        name: "records-values",
        component: () => import("./values/ValuesPage.vue"),
      },
      {
        path: "/records/download",
        name: "records-download",
        component: () => import("./DownloadPage.vue"),
      },
      { path: "/records/device", name: "records-kept", component: () => import("./kept/KeptPage.vue") },
      { path: "/records/one/:id(.*)", name: "record", component: () => import("./one/RecordPage.vue") },
    ],
    links: [{ to: "/records", text: "records.nav" }],
  },
}
