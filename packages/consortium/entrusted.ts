import { existsSync, readFileSync } from "node:fs"
import { acceptInvitation, PatientClient, type PatientPlace } from "@aceso/client"
import { fromHex, toHex } from "@aceso/core"
import { layout, readJson, writeJson } from "./files.ts"
import type { DemoNetwork } from "./network.ts"

/** A mother of the demo, who acts for her small child: `aceso ... --as parent`, and one click on the start page. */
export const PARENT = "parent"
const MOTHER = "patient-10"
const CHILD = "patient-11"
/** Only key of the mother's for the child. */
const NUMBER = 1

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
  const seedOf = ({ seedFile }: PatientFile) => fromHex(readFileSync(seedFile, "utf8").trim())
  const places = child.places.map((one) => ({ ...one, handle: fromHex(one.handle) }))
  const [place] = places
  const client = new PatientClient({
    ...{ network: network.document.network, seed: seedOf(child), places, policyDelayMs: 1 },
  })
  if (!existsSync(paths.person(PARENT)) && (await client.delegates.at(place)).length === 0) {
    const invitation = await client.delegates.invite(place, child.nameEn, {
      ...{ name: mother.nameEn, relation: "parent", may: ["read", "decide", "write"], until: null },
    })
    await client.delegates.enter(acceptInvitation(invitation, seedOf(mother), NUMBER))
  }
  writeJson(paths.person(PARENT), {
    ...{ kind: "delegate", name: PARENT, person: child.nameEn, node: place.url, seedFile: mother.seedFile },
    places: [{ custodian: place.custodian, handle: toHex(place.handle), keyNumber: NUMBER, url: place.url }],
  })
}
