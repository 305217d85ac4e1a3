import { libraryGroup } from "./cli/commands.ts"
import { libraryGuide } from "./demo/guide.ts"
import { library as tour } from "./demo/tour.ts"
import { libraryModule } from "./server/module.ts"

/** What this capability brings to whatever composes it. */
export const library = {
  name: "library",
  processes: [],
  modules: [libraryModule],
  words: [],
  tours: [tour],
  guides: [libraryGuide],
  commands: {
    library: { command: libraryGroup, holds: "what was published already counts: aceso library shows it" },
  },
}
