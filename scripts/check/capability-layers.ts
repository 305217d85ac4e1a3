import { dirname, join } from "node:path/posix"
import { isTest } from "./source.ts"

/**
 * What a layer of a capability may import (CAPABILITIES.md): of the platform these packages, of its own folder these
 * layers. No file of another capability, and nothing of the platform imports one but the files that compose.
 */
const LAYERS: Readonly<
  Record<string, { readonly packages: readonly string[]; readonly own: readonly string[] }>
> = {
  definition: { packages: ["core"], own: [] },
  client: { packages: ["core", "client"], own: ["definition"] },
  server: {
    packages: ["core", "client", "contracts", "fhir", "ledger", "server"],
    own: ["client", "definition"],
  },
  cli: { packages: ["core", "client", "cli"], own: ["client", "definition"] },
  web: { packages: ["core", "client", "web"], own: ["client", "definition"] },
  demo: {
    packages: ["core", "client", "contracts", "fhir", "ledger", "server", "cli", "consortium"],
    own: ["client", "cli", "definition", "server"],
  },
}

/** The places of the platform that take the list of capabilities. */
const COMPOSES = /^packages\/(cli|consortium|web|web\/session)\/capabilities\.ts$/

interface Place {
  readonly capability: string
  /** Absent: a file beside the layers, which puts them together. */
  readonly layer: string | undefined
}

/** capabilities/messages/server/routes.ts -> messages, server; capabilities/index.ts -> undefined */
function placeOf(path: string): Place | undefined {
  const [top, capability, layer, ...rest] = path.split("/")
  if (top !== "capabilities" || layer === undefined) return undefined
  return { capability, layer: rest.length > 0 ? layer : undefined }
}

/** What is wrong with an import of a capability's file; also of a layer that is none. */
export function capabilityReasons(path: string, specifier: string): string[] {
  const place = placeOf(path)
  if (!place || isTest(path)) return []
  const { capability, layer } = place
  if (layer !== undefined && !LAYERS[layer])
    return [`a capability has no layer ${layer}: there are ${Object.keys(LAYERS).join(", ")}`]
  if (specifier.startsWith(".")) return relativeReasons(place, join(dirname(path), specifier))
  const target = /^@aceso\/([^/]+)/.exec(specifier)?.[1]
  if (target === undefined) return []
  if (target === "capabilities") return [`a capability imports its own files by relative paths`]
  if (layer === undefined) return []
  const { packages } = LAYERS[layer]
  return packages.includes(target)
    ? []
    : [`${layer} of ${capability} may not import ${target} (only ${packages.join(", ")})`]
}

function relativeReasons({ capability, layer }: Place, target: string): string[] {
  const to = placeOf(target)
  if (to?.capability !== capability)
    return [`"${target}" is not of ${capability}: what two capabilities need moves into the platform`]
  if (layer === undefined || to.layer === undefined || to.layer === layer) return []
  return LAYERS[layer].own.includes(to.layer)
    ? []
    : [`${layer} of ${capability} may not import its ${to.layer}`]
}

/** Why a file outside of the capabilities may not import them; undefined: it may. */
export const refusalOfCapabilities = (path: string): string | undefined =>
  !path.startsWith("packages/") || isTest(path) || COMPOSES.test(path)
    ? undefined
    : "the platform imports no capability: only the files that compose (packages/cli/capabilities.ts, packages/consortium/capabilities.ts, packages/web/capabilities.ts, packages/web/session/capabilities.ts) take their list"
