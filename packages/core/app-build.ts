import { type Bytes, equalBytes, fromUtf8, toHex, utf8 } from "./bytes.ts"
import { sha256 } from "./crypto.ts"
import { messageOf, PlatformError } from "./errors.ts"
import { domainHash, type Hash } from "./hash.ts"
import { hash32 } from "./ids.ts"
import { type Form, type Infer, list, object, text, uint } from "./schema.ts"

/**
 * A build of the pages, so that everybody can hold what is served against what a ballot released: its root stands on the
 * ledger (governance, appReleases), and `build.json` beside the files lists what it is made of.
 */

/** The name of the list among the built files; it does not list itself. */
export const BUILD_FILE = "build.json"
export const MAX_APP_FILES = 1_000
/** Of all files together. */
export const MAX_APP_BYTES = 32 * 2 ** 20
/** Of `build.json`: what so many files with the longest names take, and more. */
export const MAX_BUILD_FILE_BYTES = 512 * 2 ** 10

/** Below the build's folder, with `/`: no segment begins with a point. */
const PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/

const appFile = object({
  path: text(200, PATH),
  /** Of the file's bytes. */
  hash: hash32,
  sizeBytes: uint(MAX_APP_BYTES),
})
export type AppFile = Infer<typeof appFile>

const appBuild = object({ root: hash32, files: list(appFile, MAX_APP_FILES, 1) })
export type AppBuild = Infer<typeof appBuild>

/** The root of a build: over path, hash and length of each file, by path. */
export const appRoot = (files: readonly AppFile[]): Hash =>
  domainHash(
    "app-build",
    files.map(({ path, hash, sizeBytes }) => [path, hash, sizeBytes]),
  )

/**
 * The list of a build, whatever order its files come in.
 * @throws PlatformError `bad_build`
 */
export function appBuildOf(files: readonly { readonly path: string; readonly body: Bytes }[]): AppBuild {
  const all = files
    .map(({ path, body }) => ({ path, hash: sha256(body), sizeBytes: body.length }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  return checked({ root: appRoot(all), files: all }, "cbor")
}

/** The one text of a list: the same build has the same bytes everywhere. */
export const appBuildBytes = ({ root, files }: AppBuild): Bytes =>
  utf8(
    `${JSON.stringify(
      {
        root: toHex(root),
        files: files.map(({ path, hash, sizeBytes }) => ({ path, hash: toHex(hash), sizeBytes })),
      },
      null,
      1,
    )}\n`,
  )

/**
 * Reads `build.json`: its root is the one of its list, and its bytes are the only ones that such a list has.
 * @throws PlatformError `bad_build`
 */
export function readAppBuild(bytes: Bytes): AppBuild {
  if (bytes.length > MAX_BUILD_FILE_BYTES)
    throw badBuild(`it has ${bytes.length} bytes, and no list has more than ${MAX_BUILD_FILE_BYTES}`)
  let value: unknown
  try {
    value = JSON.parse(fromUtf8(bytes))
  } catch (cause) {
    throw badBuild(`it is no JSON: ${messageOf(cause)}`, cause)
  }
  const build = checked(value, "json")
  if (!equalBytes(appBuildBytes(build), bytes))
    throw badBuild("its text is not the one that a build writes: members, order or spaces differ")
  return build
}

function checked(value: unknown, form: Form): AppBuild {
  let build: AppBuild
  try {
    build = appBuild.parse(value, "", form)
  } catch (cause) {
    throw badBuild(messageOf(cause), cause)
  }
  const { root, files } = build
  const unsorted = files.findIndex(({ path }, i) => i > 0 && files[i - 1].path >= path)
  if (unsorted > 0) throw badBuild(`${files[unsorted].path} stands twice, or in the wrong place`)
  if (files.some(({ path }) => path === BUILD_FILE)) throw badBuild("it lists itself")
  if (files.reduce((sum, one) => sum + one.sizeBytes, 0) > MAX_APP_BYTES)
    throw badBuild(`its files have more than ${MAX_APP_BYTES} bytes together`)
  if (!equalBytes(appRoot(files), root))
    throw badBuild(`its root ${toHex(root)} is not the one of its files, ${toHex(appRoot(files))}`)
  return build
}

const badBuild = (why: string, cause?: unknown): PlatformError =>
  new PlatformError("bad_build", `${BUILD_FILE} is no list of a build: ${why.slice(0, 300)}`, { cause })
