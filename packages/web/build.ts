import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join, relative, resolve, sep } from "node:path"
import { toHex } from "@aceso/core"
import { appBuildBytes, appBuildOf, BUILD_FILE, readAppBuild } from "@aceso/core/app-build.ts"

/** Where the built pages stand. */
export const PAGES_FOLDER = resolve(import.meta.dirname, "dist")

const ROOT = resolve(import.meta.dirname, "../..")
/** What the pages are made of. */
const SOURCES = [
  "package-lock.json",
  "packages/{core,client,web}/**/*.{ts,vue,css,html,json,svg,png}",
  "capabilities/*.ts",
  "capabilities/*/{client,definition,web}/**/*.{ts,vue,css,json}",
]

/** Whether the pages stand there as their sources are now, by the times of the files. */
export function isBuilt(): boolean {
  const built = join(PAGES_FOLDER, BUILD_FILE)
  if (!existsSync(built)) return false
  const { mtimeMs } = statSync(built)
  const isOlder = (path: string) => statSync(join(ROOT, path)).mtimeMs <= mtimeMs
  return SOURCES.every((pattern) =>
    globSync(pattern, { cwd: ROOT, exclude: (path) => /(^|\/)(node_modules|dist(\..+)?)$/.test(path) })
      .filter((path) => !path.endsWith(".test.ts"))
      .every(isOlder),
  )
}

/**
 * Builds the pages, and lists last what they are made of.
 * @param outDir elsewhere than where nodes look @throws Error what Vite says; PlatformError `bad_build`
 */
export async function build(outDir = PAGES_FOLDER): Promise<void> {
  const vite = await import("vite")
  // Whoever runs a node may be somebody else than who builds: nothing of it is secret.
  const before = process.umask(0o022)
  // What the environment says otherwise would be in the files, and no two builds would be the same.
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = "production"
  await vite.build({
    configFile: join(import.meta.dirname, "vite.config.ts"),
    mode: "production",
    envDir: false,
    logLevel: "warn",
    build: { outDir, emptyOutDir: true },
  })
  if (NODE_ENV === undefined) delete process.env.NODE_ENV
  else process.env.NODE_ENV = NODE_ENV
  writeFileSync(join(outDir, BUILD_FILE), appBuildBytes(appBuildOf(filesIn(outDir))))
  process.umask(before)
}

function filesIn(folder: string) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ path: relative(folder, path).split(sep).join("/"), body: readFileSync(path) }))
    .filter(({ path }) => path !== BUILD_FILE)
}

/** What a ballot releases of a build. @returns the root, in hexadecimal @throws PlatformError `bad_build` */
export const rootOf = (folder: string): string =>
  toHex(readAppBuild(readFileSync(join(folder, BUILD_FILE))).root)

/** The folder of the pages; built first where they are not, or are older than their sources. */
export async function builtPages(onProgress: (text: string) => void): Promise<string> {
  if (!isBuilt()) {
    onProgress("building the pages (once, and after changes)")
    const started = performance.now()
    const own = `${PAGES_FOLDER}.${process.pid}`
    await build(own)
    takePlace(own)
    onProgress(`the pages were built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
  return PAGES_FOLDER
}

/** A build takes the place of what stood there in one go; of two that were made at once the first stays. */
function takePlace(own: string): void {
  const past = `${own}.past`
  try {
    if (!isBuilt()) {
      if (existsSync(PAGES_FOLDER)) renameSync(PAGES_FOLDER, past)
      renameSync(own, PAGES_FOLDER)
    }
  } catch (error) {
    if (!isBuilt()) throw error
  } finally {
    for (const folder of [own, past]) rmSync(folder, { recursive: true, force: true })
  }
}
