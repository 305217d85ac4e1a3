import { object } from "@aceso/core"
import { type NodeModule, type ServerModule, setUp } from "../modules/module.ts"
import { platformModules } from "../modules/platform.ts"
import type { Route } from "../modules/route.ts"
import type { Services } from "../node/services.ts"

/** The platform's modules, of no node: what they declare can be looked at, and not be called. */
export const declaredModules = (): readonly NodeModule[] =>
  setUp(platformModules, { config: {} } as unknown as Services)

/** The paths that these may ask. */
export const pathsBy = (...callers: readonly Route["by"][]): readonly string[] =>
  declaredModules().flatMap(({ routes = [] }) =>
    routes.filter(({ by }) => callers.includes(by)).map(({ path }) => path),
  )

const nothing = JSON.stringify(object({}).jsonSchema)
/** The paths of routes that ask nothing: they look at no body. */
export const pathsWithoutQuestion = (): ReadonlySet<string> =>
  new Set(
    declaredModules().flatMap(({ routes = [] }) =>
      routes
        .filter((route) => "question" in route && JSON.stringify(route.question) === nothing)
        .map(({ path }) => path),
    ),
  )

/** A route of a module that has these services, to be called without HTTP. */
export function routeOf<B extends Route["by"]>(
  module: ServerModule,
  services: Services,
  by: B,
  path: string,
): Extract<Route, { by: B }> {
  const found = module.setup(services).routes?.find((one) => one.by === by && one.path === path)
  if (!found) throw new Error(`${module.name} has no such route: ${path}`)
  return found as Extract<Route, { by: B }>
}
