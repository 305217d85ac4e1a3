import { readFileSync } from "node:fs"
import { green } from "@aceso/cli/columns.ts"
import { command } from "@aceso/cli/command.ts"
import { textGiven } from "@aceso/cli/readable.ts"
import { type Session, UsageError } from "@aceso/cli/session.ts"
import { fromUtf8, messageOf, orUndefined, PlatformError, publicationKind, toHex } from "@aceso/core"
import { LibraryStaff } from "../client/library-staff.ts"
import { writePublication } from "../client/publication.ts"
import { readerOf, slugIn } from "./reader.ts"

const NAME = { name: "name", words: "of this organisation's publication: small letters, digits, hyphens" }

/** The own node, and the version that stands there now. */
async function standing(session: Session, slug: string) {
  const { client, person } = session.staff()
  const { client: reader } = await readerOf(session, undefined)
  const row = await reader.row({ member: person.member, slug })
  return { member: person.member, base: row?.version ?? 0, staff: new LibraryStaff(client.url, person.seed) }
}

/** As it was written on any system. @throws UsageError */
export function contentOf(path: string): string {
  try {
    return textGiven(fromUtf8(readFileSync(path)))
  } catch (cause) {
    throw new UsageError(`--file ${path} cannot be read: ${messageOf(cause)}`)
  }
}

export const publish = command({
  summary: "publish a text for everybody, or a newer version of it",
  arguments: [NAME],
  options: {
    kind: {
      type: "string",
      words: "medicine or procedure, explained for patients; plan, of what is provided; form",
      value: "<kind>",
      isNeeded: true,
    },
    title: { type: "string", words: "one line", value: "<title>", isNeeded: true },
    language: { type: "string", words: "such as en or zh-CN", value: "<tag>", isNeeded: true },
    file: {
      type: "string",
      words: "plain text; with a name that ends with .json a FHIR R4 resource",
      value: "<file>",
      isNeeded: true,
    },
  },
  example:
    "aceso library publish warfarin --kind medicine --title Warfarin --language en --file warfarin.txt --as city-admin",
  async run(session, { positionals: [name], values }) {
    const slug = slugIn(name)
    const kind = orUndefined(["bad_input"], () => publicationKind.parse(values.kind, "kind"))
    if (kind === undefined)
      throw new UsageError(`--kind ${values.kind}: expected medicine, procedure, plan or form`)
    const file = String(values.file)
    const document = writePublication(
      {
        title: textGiven(String(values.title)),
        language: String(values.language),
        contentType: file.endsWith(".json") ? "application/fhir+json" : "text/plain",
        content: contentOf(file),
      },
      kind,
    )
    const { member, base, staff } = await standing(session, slug)
    const { version, payloadId } = await staff.publish({ slug, base, kind, document })
    return { publication: `${member}/${slug}`, version, payloadId: toHex(payloadId) }
  },
  print: ({ publication, version }) =>
    green(`  ${publication}, version ${version}: it is on the ledger; every node fetches its copy`),
})

export const withdraw = command({
  summary: "withdraw what was published: its copies go everywhere",
  arguments: [NAME],
  example: "aceso library withdraw warfarin --as city-admin",
  async run(session, { positionals: [name] }) {
    const slug = slugIn(name)
    const { member, base, staff } = await standing(session, slug)
    if (base === 0)
      throw new PlatformError("unknown_publication", `there is no ${member}/${slug}; see aceso library`)
    const { version, payloadId } = await staff.withdraw({ slug, base })
    return { publication: `${member}/${slug}`, version, payloadId: toHex(payloadId) }
  },
  print: ({ publication }) => `  ${publication} is withdrawn; no node hands it out any more`,
})
