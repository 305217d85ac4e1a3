import assert from "node:assert/strict"
import { it } from "node:test"
import { contracts } from "@aceso/contracts"
import { RequestCounts } from "../metrics/requests.ts"
import { declaredModules } from "../testing/declared.ts"
import { makeApp } from "./app.ts"

const services = { config: { url: "http://127.0.0.1" }, requests: new RequestCounts() }
const app = makeApp({ services, modules: declaredModules() } as never)

interface Description {
  readonly paths: Readonly<Record<string, object>>
  readonly components: { readonly schemas: object }
}
const description = (await (await app.request("/openapi.json")).json()) as Description

it("the OpenAPI description names exactly the routes that the application has", () => {
  const served = app.routes
    // The page for people at / is no part of the API.
    .filter(({ method, path }) => method !== "ALL" && path !== "/")
    .map(({ method, path }) => `${method.toLowerCase()} ${path}`)
  const described = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  )
  assert.deepEqual(described.sort(), served.sort())
})

it("it has the input of every action of every contract", () => {
  const actions = contracts.flatMap(({ name, actions }) =>
    Object.keys(actions).map((action) => `${name}.${action}`),
  )
  assert.deepEqual(Object.keys(description.components.schemas), actions)
})
