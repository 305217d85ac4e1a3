import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Device, PatientClient, type PatientPlace, StaffClient } from "@aceso/client"
import { fromHex, isObject, type JsonObject, PlatformError, parseJson } from "@aceso/core"
import type { AcesoNode } from "@aceso/server/node/node.ts"
import { layout, readJson } from "../files.ts"
import { DemoNetwork, type NetworkOptions } from "../network.ts"
import { populate } from "../people.ts"

/** A populated consortium in the test's own process, with clients for its people. */
export interface Story {
  readonly network: DemoNetwork
  readonly faults: unknown[]
  readonly node: (member: string) => AcesoNode
  readonly staff: (name: string) => StaffClient
  /** `policyDelayMs`: how long each policy change waits (default 1). */
  readonly patient: (alias: string, policyDelayMs?: number) => PatientClient
  readonly end: () => Promise<void>
}

export async function bootStory(
  options: Pick<NetworkOptions, "modules" | "engine" | "heartbeatMs" | "pages" | "pushServices"> = {},
): Promise<Story> {
  const folder = mkdtempSync(join(tmpdir(), "aceso-story-"))
  const faults: unknown[] = []
  const network = await DemoNetwork.open({
    ...options,
    folder,
    port: 0,
    onFault: (_member, error) => faults.push(error),
  })
  await populate(network)
  const paths = layout(folder)
  return {
    network,
    faults,
    node: (member) => network.node(member),
    staff(name) {
      const { node, seed } = readJson(paths.person(name)) as { node: string; seed: string }
      return new StaffClient(node, fromHex(seed))
    },
    patient: (alias, policyDelayMs = 1) => patientOf(network, alias, policyDelayMs),
    async end() {
      await network.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Where a change's delay is drawn, so that it is the mean itself: what waits in a test must not go by chance. */
export const atTheMean = (): number => 1 - Math.exp(-1)

/** A client with the places of a person's file, at the nodes as they run now; `device`: without one it forgets. */
export function patientOf(
  network: DemoNetwork,
  alias: string,
  policyDelayMs: number,
  device?: Device,
): PatientClient {
  const file = readJson(layout(network.folder).person(alias)) as {
    seedFile: string
    places: (Omit<PatientPlace, "handle"> & { handle: string })[]
  }
  return new PatientClient({
    network: network.document.network,
    seed: fromHex(readFileSync(file.seedFile, "utf8").trim()),
    places: file.places.map(({ custodian, keyNumber, handle }) => ({
      custodian,
      keyNumber,
      handle: fromHex(handle),
      url: network.node(custodian).services.config.url,
    })),
    policyDelayMs,
    drawUnit: atTheMean,
    ...(device && { device }),
  })
}

/** Nothing takes so long, on a busy machine either: what does, hangs. */
const HANGS_MS = 600_000

/** Gets a node's policy changes to the ledger; a patient who used their share of the window waits for the next. */
export async function flushPolicies(node: AcesoNode): Promise<void> {
  for (;;)
    try {
      return await node.services.policies.flush()
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== "quota_exceeded") throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
}

/** Resolves when the condition holds; it is asked again after each event of the ledger. */
export async function until(story: Story, holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + HANGS_MS
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`this did not happen within ten minutes: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const node of story.network.nodes.values()) await flushPolicies(node)
  }
}

export function resourceOf(content: Uint8Array | undefined): JsonObject {
  const resource = content ? parseJson(content) : undefined
  if (!isObject(resource)) throw new Error("there is no content")
  return resource
}
