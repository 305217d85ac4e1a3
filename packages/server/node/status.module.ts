import { activeAnswer, genesisAnswer, memberAnswer, staffStatusAnswer, statusAnswer } from "@aceso/client"
import { members } from "@aceso/contracts"
import { serverModule } from "../modules/module.ts"
import { publicRead, staffRoute } from "../modules/route.ts"
import { activeNow } from "./active.ts"
import { publicStatus, staffStatus } from "./status.ts"
import { wholeTable } from "./table-cache.ts"

/** What this node is, how it does, and of which network it is a part. */
export const statusModule = serverModule({
  name: "status",
  needs: [
    ...["appWatch", "checkpoints", "committer", "config", "disclosures", "document", "engine"],
    ...["genesis", "ledger", "policies", "reactors", "readiness", "vault"],
  ] as const,
  setup: (services) => ({
    routes: [
      publicRead({
        path: "/status",
        summary: "height and freshness",
        answer: statusAnswer,
        handle: () => publicStatus(services),
      }),
      publicRead({
        path: "/genesis",
        summary: "the founder-signed genesis",
        answer: genesisAnswer,
        handle: () => services.genesis,
      }),
      publicRead({
        path: "/members",
        summary: "organisations and their nodes",
        answer: memberAnswer,
        async handle() {
          const rows = await wholeTable(services.engine, members)
          const all = rows.map(({ key: [member], row: { name, kind, url, status } }) => ({
            ...{ member, name, kind, url, status },
          }))
          return { members: all }
        },
      }),
      publicRead({
        path: "/capabilities",
        summary: "contracts and processes that are active on the ledger",
        answer: activeAnswer,
        handle: async () => ({ active: await activeNow(services.engine) }),
      }),
      staffRoute({
        path: "/staff/status",
        summary: "status with counts and disk use",
        whileRecovering: true,
        answer: staffStatusAnswer,
        handle: () => staffStatus(services),
      }),
    ],
  }),
})
