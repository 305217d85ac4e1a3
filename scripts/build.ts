// `npm run build`: builds the pages where they are not built, or are older than their sources.
import { builtPages } from "@aceso/web/build.ts"

console.log(`the pages stand in ${await builtPages(console.log)}`)
