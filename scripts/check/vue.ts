// The type checker of Vue's components brings a TypeScript of its own, which nobody needs who only runs a node.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { npmCi } from "./biome.ts"

/** package.json and package-lock.json: exact versions with their integrity. */
const FOLDER = join(import.meta.dirname, "vue")

/** The program in the version that the lockfile names; installs it where it is missing or another. @throws Error */
export async function vueProgram(folder = FOLDER, install = npmCi): Promise<string> {
  const program = join(folder, "node_modules/vue-tsc/bin/vue-tsc.js")
  const wanted = versionIn(join(folder, "package.json"), (one) => one.dependencies?.["vue-tsc"])
  const isThere = () =>
    existsSync(program) &&
    versionIn(join(folder, "node_modules/vue-tsc/package.json"), ({ version }) => version) === wanted
  if (isThere()) return program
  console.error(`installing vue-tsc ${wanted} (once)`)
  const why = await install(folder)
  if (isThere()) return program
  throw new Error(`vue-tsc could not be installed; is there a network? npm said: ${why}`)
}

interface Manifest {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
}
const versionIn = (path: string, of: (manifest: Manifest) => string | undefined): string | undefined =>
  of(JSON.parse(readFileSync(path, "utf8")) as Manifest)
