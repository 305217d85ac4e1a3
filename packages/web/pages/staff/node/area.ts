import { type Area, texts } from "../../../kit/area.ts"
import type { MeShown } from "../../../session/staff/me.ts"
import { withTexts } from "../../../texts/index.ts"
import { backupsTexts } from "./backups/late-texts.ts"
import { nodeTexts } from "./late-texts.ts"
import { metricsTexts } from "./metrics/late-texts.ts"
import { settingsTexts } from "./settings/late-texts.ts"

const late = ["node", nodeTexts] as const
const settings = ["settings", settingsTexts] as const
const backups = ["backups", backupsTexts] as const
const metrics = ["metrics", metricsTexts] as const

/** The node itself, for administrators. */
export const nodeArea: Area = {
  name: "node",
  texts: texts(
    { nav: "This node", forbidden: "Only administrators of this organisation look after its node." },
    { nav: "本节点", forbidden: "只有本机构的管理员才能管理节点。" },
  ),
  staff: {
    routes: [
      {
        path: "/node",
        component: () => import("../GatePage.vue"),
        props: {
          may: ({ isAdministrator }: MeShown) => isAdministrator,
          title: "node.nav",
          forbidden: "node.forbidden",
        },
        children: [
          { path: "", name: "node", component: withTexts(() => import("./NodePage.vue"), late) },
          {
            path: "settings",
            name: "node-settings",
            component: withTexts(() => import("./settings/SettingsPage.vue"), late, settings),
            meta: { title: "settings.title" },
          },
          {
            path: "backups",
            name: "node-backups",
            component: withTexts(() => import("./backups/BackupsPage.vue"), late, backups),
            meta: { title: "backups.title" },
          },
          {
            path: "metrics",
            name: "node-metrics",
            component: withTexts(() => import("./metrics/MetricsPage.vue"), late, metrics),
            meta: { title: "metrics.title" },
          },
        ],
      },
    ],
    links: [{ to: "/node", text: "node.nav", isFor: ({ isAdministrator }) => isAdministrator }],
  },
}
