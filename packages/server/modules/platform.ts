import { importModule } from "../import/module.ts"
import { joinsModule } from "../joins/module.ts"
import type { ServerModule } from "./module.ts"

/** What every node has, whichever capabilities it has besides. */
export const platformModules: readonly ServerModule[] = [importModule, joinsModule]
