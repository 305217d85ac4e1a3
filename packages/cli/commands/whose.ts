import { existsSync } from "node:fs"
import { type NamedAttachment, placeOf, placesOfAlias, placesWith, type SourceLine } from "@aceso/client"
import { green, red, together } from "../columns.ts"
import { sizeOf } from "../output.ts"
import type { Session } from "../session.ts"
import { readCard } from "./wishes.ts"

/** Where a person is known: the places of a card, of an alias, or of a visitor. */
export async function placesOf(session: Session, name: string) {
  const { client, person } = session.staff()
  const { member } = person
  const { places, own } = existsSync(name)
    ? placesWith(
        member,
        readCard(name).statements.map(({ custodian, handle }) => ({ custodian, handle })),
      )
    : await placesOfAlias(client, member, name)
  return { client, places, own, member }
}

type Vouched = Pick<
  SourceLine,
  "custodian" | "index" | "alias" | "status" | "note" | "version" | "height" | "isDeletion"
>

/** Where it stands, and who vouches for it. */
export function sourceText(s: Vouched): string {
  const note = s.note === undefined ? "" : `: ${s.note}`
  const version = s.version > 1 ? ` v${s.version}` : ""
  const deleted = s.isDeletion ? `deleted by ${s.custodian}: ` : ""
  return `${deleted}${together(`${placeOf(s)} ${STATUS[s.status]()}`)}${note} ${together(`block ${s.height}${version}`)}`
}

const STATUS = {
  verified: () => green("✓"),
  mismatch: () => red("✗ not what was committed"),
  damaged: () => red("damaged"),
  withheld: () => "withheld",
  withdrawn: () => red("not this patient's"),
}

/** Behind the sources of an entry whose drug none of their logs has. */
export const DRUG_APART = "the drug is the custodian's own word: it stands in no patient's log"

export function attachmentLine({ name, title, contentType, size, reference }: NamedAttachment): string {
  const where = reference === null ? null : `kept apart (${reference})`
  const what = [title, contentType, size === null ? where : sizeOf(size)]
    .filter((one) => one !== null)
    .join(", ")
  return `attachment ${together(name)}: ${what}`
}
