import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { parseAst } from "vite"
import { textsApart, textsChunk } from "./apart.ts"

const AREA = `import { texts as other } from "elsewhere";
import { texts } from "../kit/area.ts";
import { said } from "./said.ts";
export const area = { name: "x", texts: texts({ a: "Hello", b: said.en }, { a: "你好", b: said.zh }), routes: [] };
export const more = texts({ c: "Bye" }, { c: "再见" });`

function transformed(code: string, id: string): string | null {
  const { transform } = textsApart()
  assert.ok(typeof transform === "function")
  const context = { parse: (text: string) => parseAst(text) }
  const found = transform.call(context as never, code, id) as { readonly code: string } | null
  return found?.code ?? null
}

describe("texts by language", () => {
  const table: readonly (readonly [
    comment: string,
    id: string,
    has: readonly string[],
    lacks: readonly string[],
  ])[] = [
    [
      "what is left asks for the language that is wanted",
      "/web/area.ts",
      [
        'zh:()=>import("/web/area.ts?texts=zh").then((found)=>found.texts0)',
        'en:()=>import("/web/area.ts?texts=en").then((found)=>found.texts1)',
        "export const area",
      ],
      ["Hello", "你好", "Bye", "再见"],
    ],
    [
      "one language has nothing of the other, and no name but its own",
      "/web/area.ts?texts=zh",
      [
        'export const texts0 = { a: "你好", b: said.zh };',
        'export const texts1 = { c: "再见" };',
        'import { said } from "./said.ts"',
      ],
      ["Hello", "Bye", "said.en", "export const area", "export const more"],
    ],
    [
      "and the other way round",
      "/web/area.ts?texts=en",
      ['export const texts0 = { a: "Hello", b: said.en };'],
      ["你好", "再见"],
    ],
  ]
  for (const [comment, id, has, lacks] of table)
    it(comment, () => {
      const code = transformed(AREA, id) ?? ""
      parseAst(code)
      for (const part of has) assert.ok(code.includes(part), `${part} in ${code}`)
      for (const part of lacks) assert.ok(!code.includes(part), `${part} in ${code}`)
    })

  for (const [comment, code, id] of [
    ["a component", AREA, "/web/Page.vue"],
    [
      "a file that has no texts of areas",
      'export const texts = (a, b) => a; texts("a", "b")',
      "/web/other.ts",
    ],
  ] as const)
    it(`leaves ${comment} alone`, () => assert.equal(transformed(code, id), null))

  for (const [id, chunk] of [
    ["/a/web/pages/patient/records/texts.ts?texts=zh", "texts-patient-zh"],
    ["/a/web/pages/staff/inbox/area.ts?texts=en", "texts-staff-en"],
    ["/a/capabilities/messages/web/area.ts?texts=en", "texts-en"],
    ["/a/web/pages/patient/records/texts.ts", null],
  ] as const)
    it(`${id} lies in ${chunk}`, () => assert.equal(textsChunk(id), chunk))
})
