import type { Group } from "@aceso/cli/command.ts"
import { list } from "./list.ts"
import { publish, withdraw } from "./publish.ts"
import { show } from "./show.ts"

export const libraryGroup: Group = {
  summary: "what organisations have published for everybody",
  otherwise: "list",
  parts: { list, show, publish, withdraw },
}
