import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { extname, join, relative, sep } from "node:path"
import { gzipSync } from "node:zlib"
import { PlatformError } from "@aceso/core"

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
}
/** Of the whole build: more is no build of ours. */
const MAX_BYTES = 32 * 2 ** 20
const MAX_FILES = 1000

interface BuiltFile {
  readonly body: Uint8Array
  /** Once it was asked for; null: it is no shorter. */
  gzip?: Uint8Array | null
  readonly type: string
  readonly etag: string
}

/** The built pages (`npm run build`), read once: what is served is what stood there when the node began. */
export class BuiltPages {
  private readonly files: ReadonlyMap<string, BuiltFile>

  private constructor(files: ReadonlyMap<string, BuiltFile>) {
    this.files = files
  }

  /** @throws PlatformError `bad_pages` */
  static read(folder: string): BuiltPages {
    const files = new Map<string, BuiltFile>()
    let bytes = 0
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const type = TYPES[extname(path)]
      if (type === undefined) continue
      const body = readFileSync(path)
      bytes += body.length
      if (bytes > MAX_BYTES || files.size >= MAX_FILES)
        throw new PlatformError(
          "bad_pages",
          `${folder} is larger than any build of the pages; run npm run build`,
        )
      files.set(relative(folder, path).split(sep).join("/"), {
        ...{ body, type },
        etag: `"${createHash("sha256").update(body).digest("base64url")}"`,
      })
    }
    return new BuiltPages(files)
  }

  /**
   * @param path in the build, such as `portal.html`
   * @returns undefined: there is no such file
   */
  answer(
    path: string,
    asked: { readonly encodings?: string; readonly etag?: string },
    headers: Readonly<Record<string, string>>,
  ): Response | undefined {
    const file = this.files.get(path)
    if (!file) return undefined
    const isNamedByHash = path.startsWith("assets/")
    const common = {
      ...headers,
      etag: file.etag,
      "cache-control": isNamedByHash ? "public, max-age=31536000, immutable" : "no-cache",
      vary: "accept-encoding",
    }
    if (asked.etag === file.etag) return new Response(null, { status: 304, headers: common })
    const gzip = /\bgzip\b/i.test(asked.encodings ?? "") ? packed(file) : null
    return new Response((gzip ?? file.body) as BodyInit, {
      headers: {
        ...common,
        "content-type": file.type,
        ...(gzip && { "content-encoding": "gzip" }),
      },
    })
  }
}

/** Most files of a build are asked for by few, and many nodes begin without anybody who asks. */
function packed(file: BuiltFile): Uint8Array | null {
  if (file.gzip === undefined) {
    const gzip = gzipSync(file.body, { level: 9 })
    file.gzip = gzip.length < file.body.length * 0.9 ? gzip : null
  }
  return file.gzip
}
