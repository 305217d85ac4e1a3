import { rmSync } from "node:fs"
import { basename, dirname, resolve } from "node:path"
import { NewDevice, PublicClient, StaffClient } from "@aceso/client"
import { type Bytes, messageOf, PlatformError, randomBytes, readPairingCode, toHex } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { syncFolder, writeJsonFile, writeNewJsonFile } from "@aceso/server/home/layout.ts"
import { askedLine } from "../asked.ts"
import { command } from "../command.ts"
import { type Session, UsageError } from "../session.ts"
import { rightsOf } from "./staff-words.ts"

/** The device shows its key, for which the file is there already. @throws those of NewDevice.begin */
async function shown(
  url: string,
  code: string,
  seed: Bytes,
  network: string,
  file: string,
): Promise<NewDevice> {
  try {
    const device = await NewDevice.begin(url, code, seed, network)
    if (device.begun.kind === "staff") return device
    throw new PlatformError(
      "bad_pairing",
      "this code is for a patient's device, and not for somebody who works here; ask for another one",
    )
  } catch (error) {
    // Nobody will ever confirm this key.
    rmSync(file)
    syncFolder(dirname(file))
    throw error
  }
}

async function untilConfirmed(session: Session, device: NewDevice, file: string): Promise<void> {
  const { digits, begun } = device
  session.progress(`  this device shows: ${digits.slice(0, 3)} ${digits.slice(3)}`)
  session.progress(
    `  read it out to whoever invited you at ${begun.member} (${begun.network}); waits for them ...`,
  )
  try {
    await device.confirmed()
  } catch (cause) {
    if (!(cause instanceof PlatformError)) throw cause
    throw new PlatformError(
      cause.code,
      `${messageOf(cause)}; if they say that your device was confirmed, ${file} acts for you, else remove it and ask for another code`,
      { cause },
    )
  }
}

export const join = command({
  summary: "joins as somebody who was invited: this machine is the device, and makes the key",
  arguments: [{ name: "url", words: "the node's, without what follows /portal" }],
  options: {
    out: {
      type: "string",
      words: "where your credentials go: people/<name>.json of a folder makes you --as <name> there",
      value: "<file>",
      isNeeded: true,
    },
  },
  ignores: ["node", "as"],
  changesHome: true,
  example: "aceso staff join https://node.city.example --out people/dr-chen.json",
  async run(session, { positionals: [given], values }) {
    const url = given.replace(/\/+$/, "")
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "") || /[?#]/.test(url))
      throw new UsageError(
        `${given}: expected a URL such as https://node.city.example; the code comes on stdin`,
      )
    const file = resolve(String(values.out))
    const taken = () => new UsageError(`${file} is there already: name another file, nothing is written over`)
    if (isThere(file)) throw taken()
    const code = readPairingCode(await askedLine("  The code that you were given: "))
    if (code === undefined)
      throw new UsageError("that is no code: four times four letters and digits, such as 7K2M-9QXR-4TBW-0HVC")
    const { member, network } = await new PublicClient(url).status()
    const seed = randomBytes(32)
    const credentials = (name: string) => ({ kind: "staff", name, member, node: url, seed: toHex(seed) })
    const called = basename(file, ".json")
    const provisional = /^[a-z][a-z0-9-]{0,63}$/.test(called) ? called : "invited"
    // First the credentials: no node knows a key that nobody has.
    if (!writeNewJsonFile(file, credentials(provisional))) throw taken()
    await untilConfirmed(session, await shown(url, code, seed, network, file), file)
    const me = await new StaffClient(url, seed).people.me().catch((error) => {
      if (error instanceof PlatformError && error.code === "not_permitted") return undefined
      throw error
    })
    if (!me) return { file, member, network, name: provisional, isWaiting: true as const }
    if (me.name !== provisional) writeJsonFile(file, credentials(me.name))
    const { name, label, isAdministrator, role } = me
    return {
      ...{ file, member, network, name, isWaiting: false as const, label, isAdministrator },
      ...(role !== undefined && { role }),
    }
  },
  print: (joined) =>
    [
      joined.isWaiting
        ? `  confirmed; you act at ${joined.member} as soon as a second administrator there agrees`
        : `  you are ${joined.name} (${rightsOf(joined)}) at ${joined.member} by this device, ${joined.label}`,
      `  ${joined.file} is secret, and yours alone: it is what signs for you`,
    ].join("\n"),
})
