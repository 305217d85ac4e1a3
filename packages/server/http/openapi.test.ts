import assert from "node:assert/strict"
import { it } from "node:test"
import { contracts } from "@aceso/contracts"
import { declaredModules } from "../testing/declared.ts"
import { makeApp } from "./app.ts"
import { openApi } from "./openapi.ts"
import { routes } from "./routes.table.ts"

it("the OpenAPI description names exactly the routes that the application has", () => {
  const app = makeApp({ services: { config: {} }, modules: declaredModules() } as never)
  const served = app.routes
    // The page for people at / is no part of the API.
    .filter(({ method, path }) => method !== "ALL" && path !== "/")
    .map(({ method, path }) => `${method.toLowerCase()} ${path}`)
  assert.deepEqual(
    [...new Set(served)].sort(),
    [...routes, ...declaredModules().flatMap(({ routes = [] }) => routes)]
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
  )
})

it("it has the input of every action of every contract", () => {
  const { components } = openApi("http://127.0.0.1", []) as {
    components: { schemas: Record<string, unknown> }
  }
  const actions = contracts.flatMap(({ name, actions }) =>
    Object.keys(actions).map((action) => `${name}.${action}`),
  )
  assert.deepEqual(Object.keys(components.schemas), actions)
})
