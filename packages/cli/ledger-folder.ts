import { readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { type GenesisDocument, messageOf, readGenesis, type SignedGenesis, signedGenesis } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { layout } from "@aceso/server/home/layout.ts"
import { readConfig } from "@aceso/server/node/config.ts"
import { UsageError } from "./session.ts"

export function readSigned(path: string): SignedGenesis {
  try {
    const signed = signedGenesis.parse(JSON.parse(readFileSync(path, "utf8")), "anchor", "json")
    readGenesis(signed)
    return signed
  } catch (cause) {
    throw new UsageError(`${path} is no anchor (a genesis.json): ${messageOf(cause)}`, { cause })
  }
}

/**
 * The genesis of the ledger that lies in a folder.
 * @param command what is to be done there: `verify`
 * @throws UsageError that names the folder which has the ledger, where this one has none
 */
export function ledgerIn(
  folder: string,
  command: string,
): { readonly signed: SignedGenesis; readonly genesis: GenesisDocument } {
  const paths = layout(folder)
  if (!isThere(paths.genesis)) throw new UsageError(withoutGenesis(folder, command))
  const signed = readSigned(paths.genesis)
  const genesis = readGenesis(signed)
  if (!isThere(paths.engine)) throw new UsageError(withoutLedger(folder, command, genesis))
  return { signed, genesis }
}

function withoutGenesis(folder: string, command: string): string {
  const demo = dirname(dirname(resolve(folder)))
  if (isThere(join(demo, "demo.json")))
    return `${folder} is one organisation's part of a demo, whose ledger is in ${demo}: aceso ${command} --folder ${demo}`
  return isThere(layout(folder).config)
    ? `${folder} belongs to no network yet: join one with aceso join <invitation.json> --folder ${folder}`
    : `${folder} holds no genesis.json; name a node's or a demo's folder with --folder`
}

function withoutLedger(folder: string, command: string, { engine, founder }: GenesisDocument): string {
  const { config } = layout(folder)
  const isElsewhere =
    engine === "embedded" && isThere(config) && readConfig(config, {}, { folder }).member !== founder.member
  if (!isElsewhere)
    return `${folder} has no ledger yet: its node has not run; start it with aceso up --folder ${folder}`
  const its = command === "verify" ? ` --with ${folder}` : ""
  return `${folder} has no ledger of its own: its node runs on the engine of ${founder.member}, the network's founder; name that one's folder: aceso ${command} --folder <${founder.member}'s folder>${its}`
}
