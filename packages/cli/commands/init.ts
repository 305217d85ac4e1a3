import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { type Infer, isLoopbackHost, messageOf, PlatformError } from "@aceso/core"
import { visible } from "@aceso/core/display/index.ts"
import { ADMINISTRATOR, type HomeWish, makeHome, organisation } from "@aceso/server/home/make.ts"
import { type CommandInput, command } from "../command.ts"
import { portOf, REACH, reachOf } from "../reach.ts"
import { UsageError } from "../session.ts"

const KINDS = organisation.fields.kind.jsonSchema.enum as readonly string[]

type Values = CommandInput["values"]

/** Every mistake of the options at once. */
function organisationOf(values: Values): Infer<typeof organisation> {
  const mistakes: string[] = []
  const found: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(organisation.fields))
    try {
      found[name] = schema.parse(values[name], `--${name}`)
    } catch (error) {
      mistakes.push(messageOf(error))
    }
  const { name } = found
  if (typeof name === "string" && (visible(name) !== name || name.trim() === ""))
    mistakes.push(`--name ${visible(name)}: expected letters that can be seen, in one line`)
  if (found.url !== undefined && !URL.canParse(String(found.url)))
    mistakes.push("--url: expected an absolute URL such as https://node.hospital.example")
  if (mistakes.length > 0) throw new UsageError(mistakes.join("; "))
  return organisation.parse(found)
}

function tlsOf(values: Values, isHttps: boolean): HomeWish["tls"] {
  const { "tls-certificate": certificate, "tls-key": key } = values
  if ((certificate === undefined) !== (key === undefined))
    throw new UsageError("a certificate and its key come together: --tls-certificate <file> --tls-key <file>")
  if (typeof certificate === "string" && typeof key === "string")
    return { certificate: resolve(certificate), key: resolve(key) }
  return isHttps ? { certificate: "tls/certificate.pem", key: "tls/key.pem" } : undefined
}

function wishOf(values: Values): HomeWish {
  const facts = organisationOf(values)
  const { protocol, hostname, port } = new URL(facts.url)
  const isHttps = protocol === "https:"
  const engine = values.engine ?? "embedded"
  if (engine !== "embedded" && engine !== "cometbft" && engine !== "remote")
    throw new UsageError(`--engine ${engine}: expected embedded, cometbft or remote`)
  if (engine === "remote" && facts.kind === "authority")
    throw new UsageError(
      "--engine remote is for members that do not validate; an authority runs a node of its own: embedded or cometbft",
    )
  const tls = tlsOf(values, isHttps)
  const wish: HomeWish = {
    ...facts,
    host: isLoopbackHost(hostname) ? hostname.replace(/^\[|\]$/g, "") : "0.0.0.0",
    port: portOf(values, "port", Number(port) || (isHttps ? 443 : 80)),
    ...(tls && { tls }),
    engine,
  }
  if (engine !== "cometbft") {
    for (const option of ["p2p", "rpc-port"])
      if (values[option] !== undefined) throw new UsageError(`--${option} is for --engine cometbft`)
    return wish
  }
  return { ...wish, ...reachOf(values, hostname) }
}

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
  ignores: ["node", "as"],
  example:
    'aceso init --folder /var/lib/aceso --member city-hospital --name "City Hospital" --kind custodian --url https://node.city.example',
  async run(session, { values }) {
    const { home: folder } = session
    const wish = wishOf(values)
    try {
      await makeHome(folder, wish)
    } catch (error) {
      if (error instanceof PlatformError && error.code === "bad_config")
        throw new UsageError(error.message, { cause: error })
      throw error
    }
    const tls = wish.tls && [wish.tls.certificate, wish.tls.key].map((file) => resolve(folder, file))
    return {
      folder,
      member: wish.member,
      kind: wish.kind,
      url: wish.url,
      engine: wish.engine,
      application: join(folder, "application.json"),
      administrator: join(folder, "people", `${ADMINISTRATOR}.json`),
      missing: (tls ?? []).filter((file) => !existsSync(file)),
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
        ? [`  aceso network create --folder ${folder} --network <id> [--with <application.json> ...]`]
        : [
            `  hand ${application} to your network's authority; it is public`,
            `  aceso join <invitation.json> --folder ${folder}`,
          ]),
      engine === "embedded" && kind !== "authority"
        ? `  aceso up --folder <founder's folder> --with ${folder}`
        : `  aceso up --folder ${folder}`,
    ].join("\n"),
})
