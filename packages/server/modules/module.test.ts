import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { okAnswer } from "@aceso/client"
import type { Services } from "../node/services.ts"
import { declaredModules, pathsBy } from "../testing/declared.ts"
import { serverModule, setUp } from "./module.ts"
import { publicRead, staffRoute } from "./route.ts"

const services = {
  config: "the configuration",
  vault: "the vault",
  ledger: "the ledger",
} as never as Services
const reads = (path: string) =>
  publicRead({ path, summary: "a test", answer: okAnswer, handle: () => ({ ok: true }) })

describe("a module", () => {
  it("is handed the services that it names, and no others", () => {
    let given: object = {}
    const module = serverModule({
      name: "curious",
      needs: ["config", "vault"],
      setup(services) {
        given = services
        // @ts-expect-error a service that it does not name
        assert.equal(services.ledger, undefined)
        return {}
      },
    })
    setUp([module], services)
    assert.deepEqual(given, { config: "the configuration", vault: "the vault" })
    assert.equal(Object.hasOwn(given, "ledger"), false)
  })

  it("declares no path that another declares", () => {
    const [one, other] = ["one", "other"].map((name) =>
      serverModule({ name, needs: [], setup: () => ({ routes: [reads("/there"), reads(`/${name}`)] }) }),
    )
    assert.throws(() => setUp([one, other], services), /^Error: one and other both declare \/there$/)
  })
})

describe("the platform's modules", () => {
  it("have names, windows and paths of their own", () => {
    const modules = declaredModules()
    const windows = modules.flatMap(({ windows = [] }) => windows)
    const paths = modules.flatMap(({ routes = [] }) => routes.map(({ path }) => path))
    for (const names of [modules.map(({ name }) => name), windows.map(({ name }) => name), paths])
      assert.equal(new Set(names).size, names.length, names.join())
  })

  it("serve each kind of caller under paths of its own", () => {
    for (const path of pathsBy("staff")) assert.match(path, /^\/staff\//)
    for (const path of pathsBy("patient")) assert.match(path, /^\/patient\//)
    for (const path of pathsBy("member")) assert.match(path, /^\/(exchange|ledger)\//)
  })

  it("leave few routes open to staff while the vault is behind", () => {
    const open = declaredModules().flatMap(({ routes = [] }) =>
      routes.flatMap((route) => (route.by === "staff" && route.whileRecovering ? [route.path] : [])),
    )
    assert.deepEqual(open.map((path) => path.slice("/staff/".length)).sort(), [
      ...["absent", "add", "apart", "backups", "change", "commit", "end", "end-key", "end-notice", "import"],
      ...["joins", "list", "me", "misfiled", "moves", "notices"],
      ...["recovery", "recovery/ask-back", "recovery/declare", "recovery/finish", "recovery/rest"],
      ...["recovery/reviewed", "recovery/unreviewed", "second", "status", "stop-move", "waiting"],
    ])
  })
})

describe("a route", () => {
  const who = { name: "admin", key: new Uint8Array(32), isAdministrator: true }
  const answering = (answer: object) =>
    staffRoute({
      ...{ path: "/staff/x", summary: "a test", answer: okAnswer },
      handle: () => answer as { ok: boolean },
    }).answerTo(new Uint8Array(0), who)

  it("answers nothing that its schema does not know", async () => {
    await answering({ ok: true })
    await assert.rejects(answering({ ok: true, secret: 1 }), { code: "bad_input" })
    await assert.rejects(answering({}), { code: "bad_input" })
  })

  it("asks who calls before it looks at the question", async () => {
    const route = staffRoute({
      ...{ path: "/staff/x", summary: "a test", question: okAnswer, answer: okAnswer },
      check: () => assert.fail("not for this caller"),
      handle: () => ({ ok: true }),
    })
    await assert.rejects(route.answerTo(Uint8Array.of(0xff), who), { code: "ERR_ASSERTION" })
  })
})
