import { settingChangesAnswer, settingChangesQuestion, settingQuestion, settingsAnswer } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { mustBeAdministrator } from "../node/staff.ts"

const byAdministrator = { check: mustBeAdministrator, maxBytes: 4096 } as const

/** What node.json says, and changes of what may change while the node runs. */
export const settingsModule = serverModule({
  name: "settings",
  needs: ["settings", "settingChanges"],
  setup: ({ settings, settingChanges }) => ({
    routes: [
      staffRoute({
        path: "/staff/settings",
        summary: "the settings of node.json, and which of them may change while the node runs",
        ...byAdministrator,
        answer: settingsAnswer,
        handle: () => settings.shown(),
      }),
      staffRoute({
        path: "/staff/settings/set",
        summary: "changes a setting, in the file and at once; who did it is noted",
        ...byAdministrator,
        question: settingQuestion,
        answer: settingsAnswer,
        handle: (question, who) => settings.set(question, who),
      }),
      staffRoute({
        path: "/staff/settings/changes",
        summary: "who changed which setting here, newest first, by pages",
        ...byAdministrator,
        question: settingChangesQuestion,
        answer: settingChangesAnswer,
        handle({ before, limit }) {
          if (limit === 0) throw new PlatformError("bad_input", "limit: a page has at least one line")
          return settingChanges.page(before, limit)
        },
      }),
    ],
  }),
})
