// `npm run build`: builds the pages where they are not built, or are older than their sources.
import { builtPages, rootOf } from "@aceso/web/build.ts"

const folder = await builtPages(console.log)
console.log(`the pages stand in ${folder}`)
console.log(`root of this build: ${rootOf(folder)}`)
