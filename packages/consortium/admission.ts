import { members, openProposals, proposals } from "@aceso/contracts"
import { type Bytes, nameOf, publicKey } from "@aceso/core"
import { LedgerClient } from "@aceso/server/node/ledger-client.ts"
import type { DemoEngine } from "./engines.ts"
import { layout, secretAt } from "./files.ts"
import { type DemoOrganisation, FOUNDER, organisations } from "./organisations.ts"

/**
 * Admits whoever is not there yet. The founder alone admits the first custodian; where there are custodians, as in a data
 * folder of an earlier release, they vote as well.
 * @param urls of each, by member
 * @param build the pages that the founder releases with the first admission, by their root
 */
export async function admitAll(
  engine: DemoEngine,
  folder: string,
  urls: ReadonlyMap<string, string>,
  build?: Bytes,
  wanted: readonly Pick<DemoOrganisation, "member" | "name" | "kind">[] = organisations,
): Promise<void> {
  const seedOf = (member: string) => secretAt(`${layout(folder).node(member)}/member.key`)
  const missing = []
  for (const one of wanted) if (!(await engine.read(members, [one.member]))) missing.push(one)
  if (missing.length === 0) return
  const isFirst = missing.length === wanted.filter(({ member }) => member !== FOUNDER).length
  const open = async () => (await engine.read(openProposals, [FOUNDER]))?.open ?? []
  const before = (await open()).map(({ id }) => nameOf(id))
  const founder = new LedgerClient(engine, FOUNDER, seedOf(FOUNDER))
  await founder.call("governance", "propose", {
    changes: [
      ...missing.map(({ member, name, kind }) => ({
        do: "admit",
        member,
        name,
        kind,
        url: urls.get(member) ?? "",
        key: publicKey(seedOf(member)),
      })),
      ...(isFirst && build ? [{ do: "releaseApp", build }] : []),
    ],
  })
  // What the authority has proposed besides is nobody's to pass here.
  for (const { id } of await open()) if (!before.includes(nameOf(id))) await passed(engine, seedOf, id)
}

/** Whoever votes says yes, until it has passed. */
export async function passed(
  engine: DemoEngine,
  seedOf: (member: string) => Bytes,
  proposal: Bytes,
): Promise<void> {
  for (const { member } of organisations) {
    const row = await engine.read(proposals, [proposal])
    if (row?.status !== "open") return
    if (!row.voters.includes(member) || row.yes.includes(member) || row.no.includes(member)) continue
    await new LedgerClient(engine, member, seedOf(member)).call("governance", "vote", { proposal, yes: true })
  }
}
