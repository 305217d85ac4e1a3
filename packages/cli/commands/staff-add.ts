import { rmSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { messageOf, PlatformError, publicKey, randomBytes, toHex } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { layout, syncFolder, writeNewJsonFile } from "@aceso/server/home/layout.ts"
import { command } from "../command.ts"
import { type Newcomers, newcomersOf, type Taken } from "../newcomers.ts"
import { mustBeName, ROLE, roleOf } from "./staff-words.ts"

const WHEN: Readonly<Record<Taken, string>> = {
  published: "from now on",
  unpublished: "from now on; others take their word as soon as the ledger has the directory",
  second:
    "as soon as a second administrator agrees (aceso staff waiting, aceso staff second), within 72 hours",
  at_start: "from its next start on",
  started_meanwhile: "from its next start on: it was started at this moment, so start it again",
}

/** Credentials that are there are never written over. */
async function whyThere(newcomers: Newcomers, name: string, file: string): Promise<PlatformError> {
  const isKnown = (await newcomers.names()).includes(name)
  return new PlatformError(
    "person_exists",
    isKnown
      ? `somebody is called ${name} here already, or was: take another name; a key is never written over`
      : `${file} is there already, and the node knows nobody called ${name}: nobody can act by this file, which an earlier aceso staff add left, or another vault; remove it and run the same line again`,
  )
}

export const add = command({
  summary: "a new person: makes the key and the credentials, and lets them work with the node at once",
  arguments: [{ name: "name", words: "small letters, digits and hyphens, such as dr-chen" }],
  options: {
    role: ROLE,
    administrator: { type: "boolean", words: "administers the node" },
  },
  changesHome: true,
  example: "aceso staff add dr-chen --role doctor --folder /var/lib/aceso",
  async run(session, { positionals: [name], values }) {
    mustBeName(name)
    const role = values.role === undefined ? undefined : roleOf(String(values.role))
    const isAdministrator = values.administrator === true
    const newcomers = newcomersOf(session)
    const file = layout(resolve(session.folder)).person(name)
    if (isThere(file)) throw await whyThere(newcomers, name, file)
    const seed = randomBytes(32)
    const { member, url: node } = newcomers
    // First the credentials: no node knows a key that nobody has.
    if (!writeNewJsonFile(file, { kind: "staff", name, member, node, seed: toHex(seed) }))
      throw await whyThere(newcomers, name, file)
    const key = publicKey(seed)
    const person = { name, key, isAdministrator, ...(role !== undefined && { role }) }
    try {
      return { ...person, key: toHex(key), file, taken: await newcomers.add(person) }
    } catch (error) {
      if (newcomers.isRefusal(error)) {
        rmSync(file)
        syncFolder(dirname(file))
        throw error
      }
      throw new PlatformError(
        error instanceof PlatformError ? error.code : "internal_fault",
        `${messageOf(error)}; whether ${name} was taken on is not known: if aceso staff list does not show ${name}, remove ${file} and run the same line again`,
        { cause: error },
      )
    }
  },
  print: ({ name, file, role, isAdministrator, taken }) =>
    [
      ...(role === undefined && !isAdministrator
        ? [
            `  ${name} has no role: they see this node's own patients, and ask nobody else for records (a practitioner: --role doctor; one who administers: --administrator)`,
          ]
        : []),
      `  ${name} works with this node ${WHEN[taken]}`,
      `  ${file} is secret, and ${name}'s alone: it is what signs for them (--as ${name})`,
    ].join("\n"),
})
