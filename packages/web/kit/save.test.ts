import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { fileName } from "./save.ts"

describe("a file's name", () => {
  for (const [given, kept] of [
    ["Arztbrief 2024.pdf", "Arztbrief 2024.pdf"],
    ["出院小结.pdf", "出院小结.pdf"],
    ["../../etc/passwd", "etc-passwd"],
    ["..\\secret", "secret"],
    ["letter\u202efdp.exe", "letter-fdp.exe"],
    ["a\u0000b\nc", "a-b-c"],
    [".hidden", "hidden"],
    ["x".repeat(300), "x".repeat(100)],
    ["///", "file"],
    ["", "file"],
  ] as const)
    it(JSON.stringify(given).slice(0, 60), () => assert.equal(fileName(given), kept))
})
