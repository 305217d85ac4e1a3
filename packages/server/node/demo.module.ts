import { tamperAnswer } from "@aceso/client"
import { bool, object } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { mustBeAdministrator } from "./staff.ts"
import { isTampered, tamper, undoTamper } from "./tamper.ts"

/** What exists on a demo network alone. */
export const demoModule = serverModule({
  name: "demo",
  needs: ["document", "vault"],
  setup: ({ document, vault }) => ({
    routes: [
      staffRoute({
        path: "/staff/tamper",
        summary: "demo networks only",
        check: mustBeAdministrator,
        question: object({ undo: bool() }),
        answer: tamperAnswer,
        handle: ({ undo }) => (undo ? undoTamper({ document, vault }) : tamper({ document, vault })),
      }),
    ],
    async start() {
      if (await isTampered({ document, vault })) vault.skipsContentCheck = true
    },
  }),
})
