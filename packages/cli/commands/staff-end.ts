import { type EndAnswer, type EndKeyAnswer, endAnswer, endKeyAnswer } from "@aceso/client"
import { command } from "../command.ts"
import { MOMENT, momentOf } from "../moment.ts"
import { localTime } from "../output.ts"
import { UsageError } from "../session.ts"
import { NAME, publishedWords } from "./staff-words.ts"

const AS_OF = {
  type: "string",
  words: `since or from when (default: now): ${MOMENT}`,
  value: "<moment>",
} as const

export const end = command({
  summary: "end a person's time, with all devices: they can do nothing here from then on, for good",
  arguments: [NAME],
  options: { "as-of": AS_OF },
  example: "aceso staff end ann --as-of 2026-11-27T14:30Z --folder /var/lib/aceso",
  async run(session, { positionals: [name], values }) {
    const asOf = momentOf(values["as-of"], "--as-of") ?? null
    const ended = await session.staff().client.people.end(name, asOf)
    return { did: "end", ...(endAnswer.toJson(ended) as EndAnswer) }
  },
  print: ({ name, to, isPublished }) =>
    [
      to > Date.now()
        ? `  ${name} can do nothing here from ${localTime(to)} on`
        : `  ${name} can do nothing here any more (ended ${localTime(to)})`,
      isPublished ? "  the ledger has the directory without them" : publishedWords({ isPublished }),
    ].join("\n"),
})

export const endKey = command({
  summary: "end one device, such as one that was lost: its person goes on with the others",
  arguments: [
    NAME,
    { name: "device", words: "its label, or how its key begins, as aceso staff list shows it" },
  ],
  options: { "as-of": AS_OF },
  example: "aceso staff end-key ann phone --as-of 2026-11-27T14:30Z --folder /var/lib/aceso",
  async run(session, { positionals: [name, device], values }) {
    if (!/^[a-z0-9-]{1,64}$/.test(device))
      throw new UsageError(`${device}: expected a device's label, or how its key begins`)
    const asOf = momentOf(values["as-of"], "--as-of") ?? null
    const ended = await session.staff().client.people.endKey(name, device, asOf)
    return endKeyAnswer.toJson(ended) as Omit<EndKeyAnswer, "key"> & { readonly key: string }
  },
  print: ({ name, label, key, to, isPublished }) =>
    [
      to > Date.now()
        ? `  ${label} (${key.slice(0, 12)}) of ${name} counts no more from ${localTime(to)} on`
        : `  ${label} (${key.slice(0, 12)}) of ${name} counts no more (ended ${localTime(to)})`,
      publishedWords({ isPublished }),
      `  another device of theirs: aceso staff invite ${name}`,
    ].join("\n"),
})
