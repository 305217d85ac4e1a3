import { publications } from "@aceso/contracts"
import { type LedgerEvent, memberId, optional, PlatformError, slug } from "@aceso/core"
import { serverModule } from "@aceso/server/modules/module.ts"
import { Refusal } from "@aceso/server/modules/refusal.ts"
import { publicRead, staffRoute } from "@aceso/server/modules/route.ts"
import type { LedgerClient } from "@aceso/server/node/ledger-client.ts"
import { mustBeAdministrator } from "@aceso/server/node/staff.ts"
import type { Place } from "../client/library-client.ts"
import {
  libraryPage,
  placeText,
  publicationAnswer,
  publishAnswer,
  publishQuestion,
  withdrawQuestion,
} from "../client/schemas.ts"
import { Copier } from "./copier.ts"
import { Publisher } from "./publisher.ts"
import { Shelf } from "./shelf.ts"
import { libraryMigrations } from "./tables.ts"

/** How often copies are looked for that are not here yet, ms. */
const COPIES_MS = 1_000

/** What is open to all: each node has the list and copies of it, for anybody to read. */
export const libraryModule = serverModule({
  name: "library",
  needs: ["ledger", "onFault", "outbound", "vault"],
  setup({ ledger, onFault, outbound, vault }) {
    const shelf = new Shelf(vault.moduleDatabase("library", libraryMigrations))
    const publisher = new Publisher(shelf, ledger)
    const copier = new Copier({ shelf, ledger, outbound, onFault })
    return {
      reactors: [
        {
          name: "library",
          contract: "library",
          events: ["published", "withdrawn"],
          react: (event) => note(shelf, ledger, event),
        },
      ],
      windows: [{ name: "library", everyMs: COPIES_MS, run: () => copier.round() }],
      stop: () => copier.stop(),
      routes: [
        staffRoute({
          path: "/staff/library/publish",
          summary: "publishes a document for everybody, or a newer version of one",
          check: mustBeAdministrator,
          question: publishQuestion,
          answer: publishAnswer,
          handle: (question) => publisher.publish(question),
        }),
        staffRoute({
          path: "/staff/library/withdraw",
          summary: "withdraws what was published: copies of it go everywhere",
          check: mustBeAdministrator,
          question: withdrawQuestion,
          answer: publishAnswer,
          handle: (question) => publisher.withdraw(question),
        }),
        publicRead({
          path: "/library",
          isOfVault: true,
          summary: "what organisations have published for everybody, a page of it (?after=<member>/<slug>)",
          query: { after: optional(placeText) },
          answer: libraryPage,
          calls: "reads",
          handle: ({ after }) => shelf.page(after === undefined ? undefined : placeOf(after)),
        }),
        publicRead({
          path: "/library/publication",
          isOfVault: true,
          summary: "the copy of a publication (?member=, ?slug=), of its newest version",
          query: { member: memberId, slug },
          answer: publicationAnswer,
          calls: "reads",
          handle: (place) => copyOf(shelf, place),
        }),
      ],
    }
  },
})

function placeOf(text: string): Place {
  const [member, slug] = text.split("/")
  return { member, slug }
}

/** What an event tells of is read as the ledger has it now, so that what has passed is not looked for. */
async function note(shelf: Shelf, { engine }: LedgerClient, { data }: LedgerEvent): Promise<void> {
  const { member, slug, version } = data as unknown as Place & { readonly version: number }
  const row = await engine.read(publications, [member, slug])
  if (!row || row.version < version)
    throw new PlatformError(
      "source_lags",
      `the ledger as this node sees it does not have version ${version} of ${member}/${slug} yet`,
    )
  await shelf.note({ member, slug }, row)
}

/** @throws Refusal `unknown_publication`, `publication_withdrawn`, `publication_not_here` */
async function copyOf(shelf: Shelf, place: Place) {
  const name = `${place.member}/${place.slug}`
  const entry = await shelf.entry(place)
  if (!entry) throw new Refusal("unknown_publication", `this node knows of no ${name}; see GET /library`)
  const { version, hash } = entry
  if (!hash) throw new Refusal("publication_withdrawn", `${name} is withdrawn: it holds no more`)
  const content = entry.lacking === null ? await shelf.copy(place, hash) : undefined
  if (content) return { version, content }
  throw new Refusal(
    "publication_not_here",
    `this node has no copy of version ${version} of ${name} yet (${entry.lacking}): ask another one`,
  )
}
