import { existsSync, globSync, statSync } from "node:fs"
import { join, resolve } from "node:path"

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
  const built = join(PAGES_FOLDER, "app.html")
  if (!existsSync(built)) return false
  const { mtimeMs } = statSync(built)
  const isOlder = (path: string) => statSync(join(ROOT, path)).mtimeMs <= mtimeMs
  return SOURCES.every((pattern) =>
    globSync(pattern, { cwd: ROOT, exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path) })
      .filter((path) => !path.endsWith(".test.ts"))
      .every(isOlder),
  )
}

/** Builds the pages. @param outDir elsewhere than where nodes look @throws Error what Vite says */
export async function build(outDir = PAGES_FOLDER): Promise<void> {
  const vite = await import("vite")
  // Whoever runs a node may be somebody else than who builds: nothing of it is secret.
  const before = process.umask(0o022)
  await vite.build({
    configFile: join(import.meta.dirname, "vite.config.ts"),
    logLevel: "warn",
    build: { outDir, emptyOutDir: true },
  })
  process.umask(before)
}

/** The folder of the pages; built first where they are not, or are older than their sources. */
export async function builtPages(onProgress: (text: string) => void): Promise<string> {
  if (!isBuilt()) {
    onProgress("building the pages (once, and after changes)")
    const started = performance.now()
    await build()
    onProgress(`the pages were built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
  return PAGES_FOLDER
}
