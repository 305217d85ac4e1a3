import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { build, type Plugin } from "vite"

/** Pages that are installed and work offline: their HTML, and where a node shows it. */
const PAGES = [
  { name: "app", page: "/", title: "Aceso: my health records", short: "Aceso" },
  { name: "portal", page: "/portal/", title: "Aceso: portal", short: "Aceso portal" },
] as const
const ICONS = [
  { name: "icon-192", size: 192, purpose: "any" },
  { name: "icon-512", size: 512, purpose: "any" },
  { name: "icon-maskable-512", size: 512, purpose: "maskable" },
] as const
/** The colours `--brand` and `--paper` of kit/base.css. */
const COLOURS = { theme_color: "#0b6e69", background_color: "#f7f6f3" }

const iconFile = (name: string) => resolve(import.meta.dirname, "../icons", `${name}.png`)

/** What makes pages installable, and a service worker for each of them that knows its files. */
export const offline = (): Plugin => {
  const references = new Map<string, string>()
  return {
    name: "offline",
    apply: "build",
    buildStart() {
      references.clear()
      for (const { name } of ICONS) {
        const source = readFileSync(iconFile(name))
        references.set(name, this.emitFile({ type: "asset", name: `${name}.png`, source }))
      }
    },
    generateBundle() {
      const icons = ICONS.map(({ name, size, purpose }) => ({
        src: `/${this.getFileName(references.get(name) ?? "")}`,
        ...{ type: "image/png", sizes: `${size}x${size}`, purpose },
      }))
      for (const { name, page, title, short } of PAGES) {
        const manifest = {
          ...{ id: page, name: title, short_name: short, start_url: page, scope: page },
          ...{ display: "standalone", ...COLOURS, icons },
        }
        const source = `${JSON.stringify(manifest, null, 1)}\n`
        this.emitFile({ type: "asset", fileName: `${name}.webmanifest`, source })
      }
    },
    transformIndexHtml: {
      order: "post",
      handler: (_html, { path }) =>
        PAGES.some(({ name }) => path.endsWith(`/${name}.html`))
          ? [
              { tag: "link", injectTo: "head", attrs: { rel: "manifest", href: "/manifest.webmanifest" } },
              { tag: "meta", injectTo: "head", attrs: { name: "theme-color", content: COLOURS.theme_color } },
            ]
          : [],
    },
    writeBundle: ({ dir = "" }) => writeWorkers(dir),
  }
}

/** The service workers of a folder of built pages, each by the files that its page has there. */
export async function writeWorkers(folder: string): Promise<void> {
  for (const { name, page } of PAGES) await writeWorker(folder, name, page)
}

/** Every file that a page of the build can come to load: those that it names, and those that they name. */
export function filesOf(folder: string, html: string): string[] {
  const names = readdirSync(join(folder, "assets"))
  const found = new Set<string>()
  const follow = (path: string) => {
    const text = readFileSync(path, "utf8")
    for (const name of names) {
      if (found.has(name) || !text.includes(name)) continue
      found.add(name)
      if (/\.(js|css)$/.test(name)) follow(join(folder, "assets", name))
    }
  }
  follow(join(folder, html))
  return [...found].sort()
}

const integrityOf = (path: string) =>
  `sha256-${createHash("sha256").update(readFileSync(path)).digest("base64")}`

async function writeWorker(folder: string, name: string, page: string): Promise<void> {
  const html = `${name}.html`
  // A build of something else, as a test makes one.
  if (!existsSync(join(folder, html))) return
  const files = Object.fromEntries([
    [page, integrityOf(join(folder, html))],
    ...filesOf(folder, html).map((file) => [`/assets/${file}`, integrityOf(join(folder, "assets", file))]),
  ])
  const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16)
  const built = await build({
    ...{ configFile: false, root: import.meta.dirname, logLevel: "warn", publicDir: false },
    define: { ACESO_BUILD: JSON.stringify({ version, page, files }) },
    build: {
      ...{ write: false, target: "es2023" },
      rolldownOptions: {
        input: join(import.meta.dirname, "service-worker.ts"),
        output: { format: "iife", entryFileNames: `${name}-sw.js` },
      },
    },
  })
  for (const { output } of [built].flat() as { output: readonly { fileName: string; code?: string }[] }[])
    for (const { fileName, code } of output)
      if (code !== undefined) writeFileSync(join(folder, fileName), code)
}
