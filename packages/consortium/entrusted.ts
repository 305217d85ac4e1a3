import { existsSync, readFileSync } from "node:fs"
import { acceptInvitation, PatientClient, type PatientPlace } from "@aceso/client"
import { delegateSeed, equalBytes, fromHex, PlatformError, publicKey, toHex } from "@aceso/core"
import { layout, readJson, writeJson } from "./files.ts"
import type { DemoNetwork } from "./network.ts"

/** A mother of the demo, who acts for her small child: `aceso ... --as parent`, and one click on the start page. */
export const PARENT = "parent"
const MOTHER = "patient-10"
const CHILD = "patient-11"
/** A start that was broken off may have used a key up. */
const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8]

interface PatientFile {
  readonly nameEn: string
  readonly nameZh: string
  readonly seedFile: string
  readonly places: readonly (Omit<PatientPlace, "handle"> & { readonly handle: string })[]
}

/** The child's key invites the mother at the first hospital that knows the child; done once, the file is renewed. */
export async function entrust(network: DemoNetwork): Promise<void> {
  const paths = layout(network.folder)
  const [mother, child] = [MOTHER, CHILD].map((alias) => readJson(paths.person(alias)) as PatientFile)
  const places = child.places.map((one) => ({ ...one, handle: fromHex(one.handle) }))
  const [place] = places
  const { custodian, handle, url } = place
  const client = new PatientClient({
    ...{ network: network.document.network, seed: seedOf(child), places, policyDelayMs: 1 },
  })
  const known = existsSync(paths.person(PARENT))
    ? (readJson(paths.person(PARENT)) as PatientFile).places[0].keyNumber
    : undefined
  const keyNumber = known ?? (await entered(client, place, { mother, child }))
  writeJson(paths.person(PARENT), {
    ...{ kind: "delegate", name: PARENT, person: child.nameEn, node: url, seedFile: mother.seedFile },
    places: [{ custodian, handle: toHex(handle), keyNumber, url }],
  })
}

const seedOf = ({ seedFile }: PatientFile) => fromHex(readFileSync(seedFile, "utf8").trim())

/** @returns the number of the mother's key */
async function entered(
  client: PatientClient,
  place: PatientPlace,
  { mother, child }: { readonly mother: PatientFile; readonly child: PatientFile },
): Promise<number> {
  const seed = seedOf(mother)
  const there = (await client.delegates.at(place)).filter(({ endedAt }) => endedAt === null)
  const isThere = (number: number) => {
    const key = publicKey(delegateSeed(seed, place.custodian, place.handle, number))
    return there.some((one) => equalBytes(one.key, key))
  }
  const found = NUMBERS.find(isThere)
  if (found !== undefined) return found
  for (const number of NUMBERS)
    try {
      const scope = {
        name: mother.nameEn,
        relation: "parent",
        may: ["read", "decide", "write"],
        until: null,
      } as const
      const invitation = await client.delegates.invite(place, child.nameEn, { ...scope, may: [...scope.may] })
      await client.delegates.enter(acceptInvitation(invitation, seed, number))
      return number
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== "key_exists") throw error
    }
  throw new Error("every key of the mother of the demo was used up; start with a fresh folder")
}
