import { metricsAnswer } from "@aceso/client"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { mustBeAdministrator } from "../node/staff.ts"
import { Figures } from "./figures.ts"

/** Figures of the node for its administrators' page, which keeps those that it asked for. */
export const metricsModule = serverModule({
  name: "metrics",
  needs: ["engine", "requests", "vault"],
  setup(services) {
    const figures = new Figures(services)
    return {
      routes: [
        staffRoute({
          path: "/staff/metrics",
          summary: "what the node counts, at this moment",
          check: mustBeAdministrator,
          maxBytes: 4096,
          answer: metricsAnswer,
          handle: () => figures.take(),
        }),
      ],
    }
  },
})
