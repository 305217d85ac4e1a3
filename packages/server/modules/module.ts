import type { Services } from "../node/services.ts"
import type { Reactor } from "../reactors/reactors.ts"
import type { Route } from "./route.ts"

export type ServiceName = keyof Services

/** Work that is done again and again while the node serves. */
export interface Window {
  readonly name: string
  /** A function where it may change while the node runs. */
  readonly everyMs: number | (() => number)
  run(): Promise<unknown>
  /** Also at once when the node begins to serve, and a last time before it ends. */
  readonly isAlsoAtEnds?: true
}

/** What a module adds to a node. */
export interface ModuleParts {
  readonly routes?: readonly Route[]
  readonly windows?: readonly Window[]
  readonly reactors?: readonly Reactor[]
  /** Before the node serves. */
  readonly start?: () => Promise<void>
  /** Ends what goes on by itself, also of a node that never served. */
  readonly stop?: () => Promise<void>
}

/** As a node is composed of it. */
export interface ServerModule {
  readonly name: string
  readonly needs: readonly ServiceName[]
  /** Does nothing yet; it is handed all services and passes on those alone that the module needs. */
  setup(all: Services): ModuleParts
}

/** One subject of a node: it names the services that it needs, and is handed no others. */
export const serverModule = <const N extends readonly ServiceName[]>(module: {
  readonly name: string
  readonly needs: N
  setup(services: Pick<Services, N[number]>): ModuleParts
}): ServerModule => ({
  name: module.name,
  needs: module.needs,
  setup: (all) => module.setup(only(all, module.needs)),
})

function only<N extends readonly ServiceName[]>(all: Services, names: N): Pick<Services, N[number]> {
  return Object.fromEntries(names.map((name) => [name, all[name]])) as Pick<Services, N[number]>
}

/** A module as it is part of a node. */
export interface NodeModule extends ModuleParts {
  readonly name: string
}

/** @throws Error where two modules declare one path */
export function setUp(modules: readonly ServerModule[], services: Services): readonly NodeModule[] {
  const owners = new Map<string, string>()
  return modules.map(({ name, setup }) => {
    const parts = setup(services)
    for (const { path } of parts.routes ?? []) {
      const owner = owners.get(path)
      if (owner !== undefined) throw new Error(`${owner} and ${name} both declare ${path}`)
      owners.set(path, name)
    }
    return { name, ...parts }
  })
}
