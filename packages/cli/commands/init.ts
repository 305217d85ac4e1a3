import { join } from "node:path"
import { PlatformError } from "@aceso/core"
import { shellWord } from "@aceso/core/shell-word.ts"
import { ADMINISTRATOR, makeHome, organisation } from "@aceso/server/home/make.ts"
import { type HomeGiven, missingFiles, wishOf } from "@aceso/server/home/wish.ts"
import { command } from "../command.ts"
import { asOption, fromLine, REACH } from "../reach.ts"
import { UsageError } from "../session.ts"

const KINDS = organisation.fields.kind.jsonSchema.enum as readonly string[]

export const init = command({
  summary: "make the folder of a new node: keys, configuration, the administrator, the application",
  options: {
    member: {
      type: "string",
      words: "short name of the organisation, such as city-hospital",
      value: "<id>",
      isNeeded: true,
    },
    name: { type: "string", words: "its full name", value: "<text>", isNeeded: true },
    kind: {
      type: "string",
      words: `one of ${KINDS.join(", ")}`,
      value: "<kind>",
      isNeeded: true,
    },
    url: { type: "string", words: "where others reach the node (https)", value: "<url>", isNeeded: true },
    port: { type: "string", words: "where it listens (default: the URL's port)", value: "<n>" },
    engine: {
      type: "string",
      words: "embedded (default); cometbft; remote: it does not validate and asks others for the ledger",
      value: "<name>",
    },
    ...REACH,
    "tls-certificate": { type: "string", words: "PEM file of the certificate chain", value: "<file>" },
    "tls-key": { type: "string", words: "PEM file of its key", value: "<file>" },
  },
  isAtHome: true,
  changesHome: true,
  ignores: ["node", "as"],
  example:
    'aceso init --folder /var/lib/aceso --member city-hospital --name "City Hospital" --kind custodian --url https://node.city.example',
  async run(session, { values }) {
    const { home: folder } = session
    const wish = fromLine(() => wishOf(values as HomeGiven, process.cwd(), asOption))
    try {
      await makeHome(folder, wish)
    } catch (error) {
      if (error instanceof PlatformError && error.code === "bad_config")
        throw new UsageError(error.message, { cause: error })
      throw error
    }
    return {
      folder,
      member: wish.member,
      kind: wish.kind,
      url: wish.url,
      engine: wish.engine,
      application: join(folder, "application.json"),
      administrator: join(folder, "people", `${ADMINISTRATOR}.json`),
      missing: missingFiles(folder, wish.tls),
    }
  },
  print: ({ folder, member, kind, engine, application, administrator, missing }) =>
    [
      `  ${member}: keys and configuration are in ${folder}`,
      `  secrets/ and ${administrator} are secret: copy secrets/ to a safe place once`,
      "",
      "Next:",
      ...missing.map((file) => `  put there what HTTPS needs: ${file}`),
      ...(kind === "authority"
        ? [
            `  aceso network create --folder ${shellWord(folder)} --network <id> [--with <application.json> ...]`,
          ]
        : [
            `  hand ${application} to your network's authority; it is public`,
            `  aceso join <invitation.json> --folder ${shellWord(folder)}`,
          ]),
      engine === "embedded" && kind !== "authority"
        ? `  aceso up --folder '<founder-folder>' --with ${shellWord(folder)}`
        : `  aceso up --folder ${shellWord(folder)}`,
    ].join("\n"),
})
