import { resolve } from "node:path"
import type { Backup } from "@aceso/server/home/backup.ts"
import { red } from "../columns.ts"
import { command } from "../command.ts"
import { versionOf } from "../version.ts"

export const backup = command<Backup>({
  summary: "copy what a node's folder needs to be restored, without its secrets, also while it runs",
  options: {
    to: { type: "string", words: "a new folder for the copy", value: "<folder>", isNeeded: true },
    "keyring-to": {
      type: "string",
      words: "a new folder for the keyring, kept 30 days at most",
      value: "<folder>",
      isNeeded: true,
    },
  },
  isAtHome: true,
  ignores: ["node", "as"],
  example: "aceso backup --folder /var/lib/aceso --to /backup/today --keyring-to /keyrings/today",
  async run(session, { values }) {
    const { backupHome } = await import("@aceso/server/home/backup.ts")
    const [to, keyringTo] = [resolve(String(values.to)), resolve(String(values["keyring-to"]))]
    return backupHome(session.home, to, keyringTo, versionOf().version)
  },
  print: ({ folder, keyring, parts, untold }) =>
    `  ${parts.join(", ")}\n  in ${folder}; keyring in ${keyring}, to be deleted after 30 days\n  secrets/ and people/ are not in it: they are kept elsewhere, once${untold === undefined ? "" : red(`\n  the node could not be told, so that it goes on counting from the backup before: ${untold}`)}`,
})
