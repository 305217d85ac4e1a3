import assert from "node:assert/strict"
import { beforeEach, describe, it } from "node:test"
import { addMessages, hasTexts, useI18n, useMessagesOf } from "./i18n.ts"

addMessages("en", {
  one: "Hello",
  named: "{a} and {b}, {a}",
  forms: "{n} record | {n} records",
  three: "none | one | {count}",
  group: { deep: { text: "deep" } },
  pipe: "a|b",
})
addMessages("zh", { one: "你好", forms: "{n} 条记录" })

describe("texts of pages", () => {
  const { t, te, locale } = useI18n()
  beforeEach(() => useMessagesOf("en"))

  const rows: readonly [key: string, args: [(object | number)?, number?], text: string][] = [
    ["one", [], "Hello"],
    ["group.deep.text", [], "deep"],
    ["named", [{ a: 1, b: "<b>" }], "1 and <b>, 1"],
    ["named", [{ a: "x" }], "x and , x"],
    ["forms", [{ n: 1 }], "1 record"],
    ["forms", [{ n: 0 }], "0 records"],
    ["forms", [{ n: 2 }], "2 records"],
    ["forms", [{ n: "1,000" }, 1000], "1,000 records"],
    ["forms", [1], "1 record"],
    ["forms", [], " record"],
    ["three", [0], "none"],
    ["three", [1], "one"],
    ["three", [7], "7"],
    ["pipe", [], "a|b"],
  ]
  for (const [key, [named, number], text] of rows)
    it(`${key} with ${JSON.stringify(named)} ${number ?? ""}: ${text}`, () => {
      assert.equal(t(key, named as never, number), text)
    })

  it("change with the language, and those that come later stand beside the others", () => {
    useMessagesOf("zh")
    assert.deepEqual([locale.value, t("one"), t("forms", { n: 3 })], ["zh", "你好", "3 条记录"])
    addMessages("zh", { group: { deep: { text: "深" } } })
    addMessages("zh", { group: { more: "多" } })
    assert.deepEqual([t("group.deep.text"), t("group.more")], ["深", "多"])
    assert.equal(hasTexts("zh"), true)
  })

  it("that are not there are reported, and nothing is taken from elsewhere", () => {
    const reported: unknown[] = []
    const { reportError: before } = globalThis
    globalThis.reportError = (error: unknown) => void reported.push(error)
    try {
      for (const key of ["nothing", "group", "group.deep", "one.length", "constructor.name", "__proto__.x"]) {
        assert.equal(te(key), false, key)
        assert.equal(t(key), key)
      }
      useMessagesOf("zh")
      assert.equal(t("named", { a: 1 }), "named")
      assert.equal(reported.length, 7)
    } finally {
      globalThis.reportError = before
    }
  })

  it("stand under a name where one is given", () => {
    const { t: under, te: has } = useI18n("group.deep")
    assert.deepEqual([under("text"), has("text"), has("one")], ["deep", true, false])
  })
})
