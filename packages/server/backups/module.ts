import { backupsAnswer } from "@aceso/client"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { mustBeAdministrator } from "../node/staff.ts"
import { backupsOf } from "./backups.ts"

/** What there is to restore the node from. Backups are made beside it (`aceso backup`), never by whoever asks. */
export const backupsModule = serverModule({
  name: "backups",
  needs: ["config", "engine", "readiness", "vault"],
  setup: (services) => ({
    routes: [
      staffRoute({
        path: "/staff/backups",
        summary: "the newest backups that aceso backup made, and what came since",
        check: mustBeAdministrator,
        whileRecovering: true,
        maxBytes: 4096,
        answer: backupsAnswer,
        handle: () => backupsOf(services),
      }),
    ],
  }),
})
