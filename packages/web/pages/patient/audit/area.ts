import { type Area, texts } from "../../../kit/area.ts"
import { auditTexts } from "./later-texts.ts"

export const auditArea: Area = {
  name: "audit",
  texts: texts({ nav: "Who looked" }, { nav: "查阅记录" }),
  later: auditTexts,
  patient: {
    delegates: ["read"],
    routes: [{ path: "/audit", name: "audit", component: () => import("./AuditPage.vue") }],
    links: [{ to: "/audit", text: "audit.nav" }],
  },
}
