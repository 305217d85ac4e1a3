import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import {
  appBuildBytes,
  appBuildOf,
  BUILD_FILE,
  MAX_APP_BYTES,
  MAX_APP_FILES,
  MAX_BUILD_FILE_BYTES,
  readAppBuild,
} from "./app-build.ts"
import { equalBytes, fromUtf8, toHex, utf8 } from "./bytes.ts"
import { PlatformError } from "./errors.ts"

const segment = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,9}$/)
const path = fc
  .array(segment, { minLength: 1, maxLength: 3 })
  .map((all) => all.join("/"))
  .filter((one) => one !== BUILD_FILE)
const file = fc.record({ path, body: fc.uint8Array({ maxLength: 40 }) })
const files = fc.uniqueArray(file, { minLength: 1, maxLength: 12, selector: (one) => one.path })

const FILES = [
  { path: "app.html", body: utf8("<p>app</p>") },
  { path: "assets/a-1.js", body: utf8("console.log(1)") },
  { path: "assets/b-2.js", body: utf8("console.log(2)") },
]
const refused = (why: RegExp) => (error: unknown) =>
  error instanceof PlatformError && error.code === "bad_build" && why.test(error.message)

describe("the list of a build", () => {
  it("is the same whatever order its files come in, and is read back as it was", () => {
    fc.assert(
      fc.property(files, fc.integer(), (all, seed) => {
        const build = appBuildOf(all)
        const mixed = [...all].sort(
          (a, b) => ((a.path.length * 31 + seed) % 7) - ((b.path.length + seed) % 5),
        )
        assert.deepEqual(appBuildOf(mixed), build)
        const bytes = appBuildBytes(build)
        assert.deepEqual(readAppBuild(bytes), build)
        assert.deepEqual(appBuildBytes(readAppBuild(bytes)), bytes)
      }),
    )
  })

  it("has another root where a byte, a name or the number of files is another", () => {
    fc.assert(
      fc.property(files, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, at, mask) => {
        const { root } = appBuildOf(all)
        const i = at % all.length
        const changed = (one: (typeof all)[number]) => all.map((old, j) => (j === i ? one : old))
        const { path, body } = all[i]
        const flipped = body.length > 0 ? body.slice() : new Uint8Array(1)
        flipped[at % flipped.length] ^= mask
        const others = [
          changed({ path, body: flipped }),
          changed({ path: `${path}/x`, body }),
          [...all, { path: `${path}-more/x`, body }],
          ...(all.length > 1 ? [all.filter((_, j) => j !== i)] : []),
        ]
        for (const other of others) assert.equal(equalBytes(appBuildOf(other).root, root), false)
      }),
    )
  })

  it("has the root that it had, by which builds of before are known on the ledger", () => {
    assert.equal(
      toHex(appBuildOf(FILES).root),
      "c054a4ad2392c76ae015ba790f6d3e1f777c81b0b9cf9bf18b48e4a33f637b60",
    )
  })

  it("is read in no other text: every byte counts", () => {
    const bytes = appBuildBytes(appBuildOf(FILES))
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const other = bytes.slice()
        other[at] ^= mask
        assert.throws(() => readAppBuild(other), refused(/./))
      }),
    )
  })

  const text = fromUtf8(appBuildBytes(appBuildOf(FILES)))
  const list = JSON.parse(text) as {
    root: string
    files: { path: string; hash: string; sizeBytes: number }[]
  }
  const [first, second, third] = list.files
  const written = (value: object) => utf8(`${JSON.stringify(value, null, 1)}\n`)
  const REFUSED: readonly (readonly [comment: string, bytes: Uint8Array, why: RegExp])[] = [
    ["nothing", utf8(""), /no JSON/],
    ["no JSON", utf8("<p>app</p>"), /no JSON/],
    ["null", utf8("null"), /expected an object/],
    ["no files", written({ ...list, files: [] }), /1 to 1000 items/],
    ["a member twice", utf8(text.replace('"root":', '"root": "00",\n "root":')), /its text/],
    ["other spaces", utf8(JSON.stringify(list)), /its text/],
    ["a member more", written({ ...list, more: 1 }), /no such member/],
    ["another root", written({ ...list, root: "00".repeat(32) }), /not the one of its files/],
    ["a file out of place", written({ ...list, files: [second, first, third] }), /wrong place/],
    ["a file twice", written({ ...list, files: [first, first, second] }), /stands twice/],
    ["itself", written({ ...list, files: [first, second, { ...third, path: BUILD_FILE }] }), /lists itself/],
    ["a half file", written({ ...list, files: [{ ...first, sizeBytes: 0.5 }] }), /an integer/],
    [
      "more than fits",
      written({ ...list, files: [first, { ...second, sizeBytes: MAX_APP_BYTES }] }),
      /bytes together/,
    ],
    [
      "too many",
      written({
        ...list,
        files: Array.from({ length: MAX_APP_FILES + 1 }, (_, i) => ({ ...first, path: `a${1000 + i}` })),
      }),
      /1 to 1000 items/,
    ],
    ["too long", new Uint8Array(MAX_BUILD_FILE_BYTES + 1), /no list has more/],
    ...["../a.js", "/a.js", "a//b", "a/../b", ".git", "a\\b", "a?b", "https://evil.example/a", ""].map(
      (path) =>
        [`the path ${path}`, written({ ...list, files: [{ ...first, path }] }), /files\[0\]\.path/] as const,
    ),
  ]
  for (const [comment, bytes, why] of REFUSED)
    it(`is none: ${comment}`, () => {
      assert.throws(() => readAppBuild(bytes), refused(why))
    })
})
