// `npm run release -- [archive] [deb] [image] [--out <folder>]`: what an operator installs, from the tracked files here.
import { hash } from "node:crypto"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { makeParts, nameOf, releaseEntries, writeArchive, writeUnit } from "./release/archive.ts"
import { writeDeb } from "./release/deb.ts"
import { factsOf } from "./release/facts.ts"
import { writeImage } from "./release/image.ts"

const HELP = `npm run release -- [archive] [deb] [image] [--out <folder>]

Makes what an operator installs, of the tracked files of this checkout; all three where none is named.

  archive   aceso-<version>-linux-<arch>.tar.gz: to unpack anywhere; aceso.service beside it
  deb       aceso_<version>_<arch>.deb: /opt/aceso, /usr/bin/aceso, a user, a unit
  image     aceso-<version>-linux-<arch>.oci.tar: for podman load, skopeo copy, docker load (25 or newer)

  --out     where to (default: dist-release in this folder)

SHA256SUMS-<name> lists what was made. Times of files are the commit's, or SOURCE_DATE_EPOCH. Needed: Linux,
git, npm, and Go for aceso-cometbft (without it the release has none; CI=true refuses); for the image Debian's
apt-get and dpkg-deb. docs/operations.md says how to install, upgrade and go back.
`
const KINDS = ["archive", "deb", "image"]
const root = join(import.meta.dirname, "..")
const began = performance.now()
const say = (text: string) =>
  console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}`)

async function release(kinds: readonly string[], out: string): Promise<void> {
  const facts = factsOf(root)
  const { version, commit, isChanged } = facts
  say(`aceso ${version}, commit ${commit}, for Linux on ${facts.arch}`)
  if (isChanged) say(`tracked files differ from commit ${commit}: this is no release of it, and says so`)
  mkdirSync(out, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), "aceso-release-"))
  const made: string[] = []
  try {
    const parts = await makeParts(root, work, say)
    const entries = releaseEntries(root, facts, parts)
    if (kinds.includes("archive")) {
      say("packing the archive")
      made.push(await writeArchive(entries, facts, out), writeUnit(out))
    }
    if (kinds.includes("deb")) {
      say("packing the Debian package")
      made.push(writeDeb(entries, facts, out))
    }
    if (kinds.includes("image")) made.push(await writeImage(entries, facts, { work, out, say }))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  const sums = made.map((path) => `${hash("sha256", readFileSync(path))}  ${basename(path)}\n`)
  writeFileSync(join(out, `SHA256SUMS-${nameOf(facts)}`), sums.join(""))
  for (const line of sums) say(line.trimEnd())
  say(`in ${out}`)
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: "string" }, help: { type: "boolean", short: "h" } },
  })
  const unknown = positionals.find((name) => !KINDS.includes(name))
  if (values.help) console.log(HELP.trimEnd())
  else if (unknown !== undefined)
    throw new Error(`${unknown}: expected ${KINDS.join(", ")}; --help tells more`)
  else
    await release(
      positionals.length > 0 ? positionals : KINDS,
      resolve(values.out ?? join(root, "dist-release")),
    )
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
