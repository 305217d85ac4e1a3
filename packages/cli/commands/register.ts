import { createReadStream } from "node:fs"
import { MAX_PHOTO_BYTES, personToRegister, type RegisterAnswer } from "@aceso/client"
import { type Bytes, messageOf, toHex } from "@aceso/core"
import { textFrom } from "../asking.ts"
import { table } from "../columns.ts"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"
import { REASONS } from "./patients-duplicates.ts"
import { lineOf, type PatientLine } from "./patients-list.ts"

const MAX_BYTES = 64 * 1024

interface Result {
  readonly registered: { readonly alias: string; readonly handle: string } | null
  readonly alike: readonly { readonly patient: PatientLine; readonly reasons: readonly string[] }[]
}

export const register = command<Result>({
  summary: "at the desk: a person who is new here; says first who may be the same",
  arguments: [
    {
      name: "file|-",
      words: "name, birthDate, sex, identifiers, document, as JSON (docs/api.md, /staff/register); -: a pipe",
    },
  ],
  options: {
    photo: {
      type: "string",
      words: "a face that was compared with the document: JPEG or PNG, 256 KiB at most",
      value: "<file>",
    },
    "even-so": { type: "boolean", words: "those who were shown were looked at, and are others" },
  },
  example: "aceso register person.json --photo face.jpg --as reception",
  fails: "somebody here may be this person: nothing was stored",
  async run(session, { positionals: [path], values }) {
    const person = personIn(await textFrom(path, MAX_BYTES), path)
    const photo = values.photo === undefined ? undefined : await photoIn(String(values.photo))
    const answer = await session.staff().client.desk.register({
      ...person,
      ...(photo && { photo }),
      ...(values["even-so"] === true && { evenSo: true }),
    })
    return resultOf(answer)
  },
  print: ({ registered, alike }) =>
    [
      ...(registered
        ? [`  ${registered.alias} is registered, without a key of their own: aceso enrol ${registered.alias}`]
        : ["  nobody was registered: these may be the same person; look at them, and enrol the one it is"]),
      ...(alike.length === 0
        ? []
        : [
            table(
              ["alias", "name", "born", "record number", "own key", "why"],
              alike.map(({ patient, reasons }) => [
                patient.alias,
                patient.name ?? "(not told)",
                patient.birthDate ?? "",
                patient.recordNumber ?? "",
                patient.hasKey ? "yes" : "no",
                reasons.map((reason) => REASONS[reason] ?? reason).join(", "),
              ]),
            ),
            registered
              ? "  they stay listed as possible duplicates: aceso patients duplicates"
              : "  if none is: the same line with --even-so",
          ]),
    ].join("\n"),
  status: ({ registered }) => (registered ? 0 : 1),
})

function personIn(json: string, path: string) {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new UsageError(`${path} is no JSON: ${messageOf(cause)}`, { cause })
  }
  return personToRegister.parse(value, path, "json")
}

async function photoIn(path: string): Promise<Bytes> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of createReadStream(path)) {
      size += chunk.length
      if (size > MAX_PHOTO_BYTES)
        throw new Error(`it has more than ${MAX_PHOTO_BYTES} bytes; make it smaller`)
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new UsageError(`--photo ${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
  if (size === 0) throw new UsageError(`--photo ${path} is empty`)
  return new Uint8Array(Buffer.concat(chunks))
}

const resultOf = ({ registered, alike }: RegisterAnswer): Result => ({
  registered: registered && { alias: registered.alias, handle: toHex(registered.handle) },
  alike: alike.map(({ patient, reasons }) => ({ patient: lineOf(patient), reasons })),
})
