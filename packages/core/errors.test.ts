import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { messageOf } from "./errors.ts"

describe("what a system says of files is told in words", () => {
  const folder = mkdtempSync(join(tmpdir(), "aceso-errors-"))
  after(() => rmSync(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)
  mkdirSync(at("full"))
  writeFileSync(at("full/x"), "x")
  mkdirSync(at("empty"))
  const errno = (code: string, more: object = {}) =>
    Object.assign(new Error(`${code}: raw`), { code, syscall: "open", ...more })
  const rows: [comment: string, act: () => unknown, words: string][] = [
    ["a file that is not there", () => readFileSync(at("none")), `there is no ${at("none")}`],
    ["a folder read as a file", () => readFileSync(folder), "it is a folder"],
    ["a file in a file", () => readFileSync(at("full/x/y")), `a part of ${at("full/x/y")} is no folder`],
    ["a folder made twice", () => mkdirSync(at("full")), `${at("full")} is there already`],
    ["a folder with something in it", () => rmdirSync(at("full")), `${at("full")} is not empty`],
    ["one onto another", () => renameSync(at("empty"), at("full")), `${at("full")} is not empty`],
    [
      "no rights",
      () => {
        throw errno("EACCES", { path: "/x" })
      },
      "you have no right to /x: see whose it is, and its mode",
    ],
    [
      "two disks",
      () => {
        throw errno("EXDEV", { path: "/x", dest: "/y" })
      },
      "/x and /y lie on two disks",
    ],
    [
      "another's code",
      () => {
        throw errno("EPIPE")
      },
      "EPIPE: raw",
    ],
    [
      "a code of ours",
      () => {
        throw Object.assign(new Error("ours"), { code: "ENOENT" })
      },
      "ours",
    ],
    [
      "what is no error",
      () => {
        throw "text"
      },
      "text",
    ],
  ]
  for (const [comment, act, words] of rows)
    it(comment, () => {
      try {
        act()
      } catch (error) {
        return assert.equal(messageOf(error), words)
      }
      assert.fail("it went well")
    })
})
