import { existsSync } from "node:fs"
import { PlatformError, publicKey, randomBytes, toHex } from "@aceso/core"
import { layout, writeJsonFile } from "@aceso/server/home/layout.ts"
import { changeConfig } from "@aceso/server/home/node-json.ts"
import { readConfig } from "@aceso/server/node/config.ts"
import { command } from "../command.ts"
import { demoIn } from "../demos.ts"
import { meant } from "../meant.ts"
import { UsageError } from "../session.ts"

/** A role ends with `aceso staff end`, or when this century does. */
const LAST_MS = Date.UTC(2100, 0, 1)

/** FHIR R4's practitioner-role, v3's and what the demo's organisations have beside them. */
const ROLES = [
  ...["doctor", "physician", "nurse", "midwife", "dentist", "pharmacist", "therapist", "psychologist"],
  ...["paramedic", "technician", "researcher", "social-worker", "claims-officer", "emergency-physician"],
]

/** A role goes into the signed directory and to every patient whose records are asked for: a slip would stay there. */
function roleOf(given: string): string {
  if (ROLES.includes(given)) return given
  const close = meant(given, ROLES)
  throw new UsageError(
    `--role ${given} is no role${close === undefined ? "" : `; did you mean ${close}?`} There are ${ROLES.join(", ")}`,
  )
}

export const add = command({
  summary: "a new person: makes the key and the credentials, and writes them into node.json",
  arguments: [{ name: "name", words: "small letters, digits and hyphens, such as dr-chen" }],
  options: {
    role: {
      type: "string",
      words: "a practitioner's, such as doctor: others ask this organisation's patients by it",
      value: "<role>",
    },
    administrator: { type: "boolean", words: "administers the node" },
  },
  isAtHome: true,
  ignores: ["node", "as"],
  example: "aceso staff add dr-chen --role doctor --folder /var/lib/aceso",
  async run(session, { positionals: [name], values }) {
    const folder = session.home
    const paths = layout(folder)
    const { member, url, staff } = readConfig(paths.config, {}, { folder })
    if (!/^[a-z][a-z0-9-]{0,63}$/.test(name))
      throw new UsageError(`${name}: expected small letters, digits and hyphens, such as dr-chen`)
    const role = values.role === undefined ? undefined : roleOf(String(values.role))
    const file = paths.person(name)
    if (existsSync(file) || staff.some((one) => one.name === name))
      throw new PlatformError(
        "person_exists",
        `somebody is called ${name} here already: take another name; a key is never written over`,
      )
    const seed = randomBytes(32)
    const key = toHex(publicKey(seed))
    const from = Date.now()
    const practitioner = role !== undefined && {
      practitioner: { role, salt: toHex(randomBytes(32)), from, to: LAST_MS },
    }
    const person = { name, key, isAdministrator: values.administrator === true, from, ...practitioner }
    // First what has to be right as a whole: without credentials nobody can act by it.
    changeConfig(folder, ({ staff: given = [] }) => ({ staff: [...(given as object[]), person] }))
    writeJsonFile(file, { kind: "staff", name, member, node: url, seed: toHex(seed) })
    const { administrator: isAdministrator = false } = values
    // Of the node that runs on this folder: npx and npm, through which it may have been started, pass no SIGHUP on.
    const process = demoIn(folder)?.pid ?? null
    return { name, key, file, ...(role !== undefined && { role }), isAdministrator, process }
  },
  print: ({ name, file, role, isAdministrator, process }) =>
    [
      ...(role === undefined && !isAdministrator
        ? [
            `  ${name} has no role: they see this node's own patients, and ask nobody else for records (a practitioner: --role doctor; one who administers: --administrator)`,
          ]
        : []),
      process === null
        ? `  ${name} is in node.json; the node takes it when it starts, or at its next SIGHUP`
        : `  ${name} is in node.json; the node takes it with kill -HUP ${process} (of a service: systemctl reload)`,
      `  ${file} is secret, and ${name}'s alone: it is what signs for them (--as ${name})`,
    ].join("\n"),
})
