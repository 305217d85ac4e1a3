import { resolve } from "node:path"
import type { Backup } from "@aceso/server/home/backup.ts"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"

export const backup = command<Backup>({
  summary: "copy what a node's folder needs to be restored, without its secrets, also while it runs",
  options: {
    to: { type: "string", words: "a new folder for the copy", value: "<folder>" },
    "keyring-to": {
      type: "string",
      words: "a new folder for the keyring, kept 30 days at most",
      value: "<folder>",
    },
  },
  async run(session, { positionals, values }) {
    const { to, "keyring-to": keyringTo } = values
    if (typeof to !== "string" || typeof keyringTo !== "string" || positionals.length > 0)
      throw new UsageError("aceso backup --to <folder> --keyring-to <another folder> --folder <home>")
    const { backupHome } = await import("@aceso/server/home/backup.ts")
    return backupHome(session.home, resolve(to), resolve(keyringTo))
  },
  print: ({ folder, keyring, parts }) =>
    `  ${parts.join(", ")}\n  in ${folder}; keyring in ${keyring}, to be deleted after 30 days\n  secrets/ and people/ are not in it: they are kept elsewhere, once`,
})
