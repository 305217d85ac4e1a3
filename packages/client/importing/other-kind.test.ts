import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Bytes, utf8 } from "@aceso/core"
import type { InputSource } from "./input-file.ts"
import { lookInto } from "./looking.ts"

const source = (name: string, bytes: Bytes): InputSource => ({
  ...{ path: name, name, folder: "", sizeBytes: bytes.length },
  first: async (n) => bytes.subarray(0, n),
  async *pieces() {
    yield bytes
  },
  whole: async () => bytes,
})
const noHash = () => ({ update: () => undefined, digest: () => new Uint8Array(32) })
const looked = async (name: string, bytes: Bytes) => {
  const found = await lookInto(source(name, bytes), noHash)
  return "reason" in found ? found.reason : found.kind
}

describe("a file that somebody names", () => {
  for (const [comment, bytes, reason] of [
    ["a PDF", utf8("%PDF-1.7\n%âãÏÓ\n"), "pdf_document"],
    ["a picture (PNG)", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]), "picture"],
    ["a picture (JPEG)", new Uint8Array([0xff, 0xd8, 0xff, 0xe0]), "picture"],
    ["an old document of Office", new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), "office_document"],
    ["a new one, which is a zip archive", new Uint8Array([0x50, 0x4b, 3, 4]), "zip_archive"],
    ["XML", utf8("<Bundle/>"), "not_json"],
    ["a table", utf8("name,birth,number\nLi,1970-01-31,12\n"), "csv_table"],
    ["a table of a European spreadsheet", utf8("\ufeffname;birth;number\r\nLi;1970;12"), "csv_table"],
    ["a text", utf8("Dear colleague,\n\nplease import my patients.\n"), "plain_text"],
    ["HL7 version 2", utf8("MSH|^~\\&|LAB|CITY|\rPID|1||12\r"), "hl7_v2"],
    ["JSON", utf8('{"resourceType":"Patient"}'), "document"],
    ["JSON behind a mark and white space", utf8('\ufeff \n\t{"resourceType":"Patient"}'), "document"],
    ["JSON that is cut off", utf8('{"resourceType":"Pat'), "document"],
    ["a list of resources", utf8('[{"resourceType":"Patient"}]'), "document"],
  ] as const)
    it(`is seen as ${comment}`, async () => assert.equal(await looked("a.json", bytes), reason))

  it("is taken as lines where only one of them is no JSON, so that the others come in", async () => {
    const lines = utf8(
      'export of today, part 1, all\n{"resourceType":"Patient"}\n{"resourceType":"Patient"}\n',
    )
    assert.equal(await looked("a.ndjson", lines), "lines")
  })
})
