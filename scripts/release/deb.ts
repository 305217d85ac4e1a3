import { hash } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { below, readFile } from "./archive.ts"
import type { Facts } from "./facts.ts"
import { tar } from "./tar.ts"
import { type Entry, textOf } from "./tree.ts"

const SCRIPTS = ["postinst", "prerm", "postrm"] as const
const CONFFILES = ["/etc/aceso/environment"]

/** What Node's own binary is linked to; `passwd` makes the system user. */
const DEPENDS = "libc6 (>= 2.28), libgcc-s1, libstdc++6, passwd"

/** `aceso_<version>_<arch>.deb`: the release in /opt/aceso, a link on the PATH, the unit, one file to configure. */
export function writeDeb(entries: readonly Entry[], facts: Facts, out: string): string {
  const data = dataOf(entries)
  const sized = data.map((entry) => ("body" in entry ? entry.body().length : 0))
  const kib = Math.ceil(sized.reduce((sum, bytes) => sum + bytes, 0) / 1024)
  const control = [
    textOf("control", controlOf(facts, kib)),
    textOf("conffiles", `${CONFFILES.join("\n")}\n`),
    textOf("md5sums", sumsOf(data)),
    ...SCRIPTS.map((name) => textOf(name, readFile(name), 0o755)),
  ]
  const path = join(out, `aceso_${facts.version}_${facts.debianArch}.deb`)
  const packed = (some: readonly Entry[]) => gzipSync(Buffer.concat([...tar(some, facts.time)]))
  writeFileSync(
    path,
    ar(
      [
        ["debian-binary", Buffer.from("2.0\n")],
        ["control.tar.gz", packed(below(control, "."))],
        ["data.tar.gz", packed(below(data, "."))],
      ],
      facts.time,
    ),
  )
  return path
}

function dataOf(entries: readonly Entry[]): Entry[] {
  return [
    ...below(entries, "opt/aceso"),
    { path: "usr/bin/aceso", link: "/opt/aceso/bin/aceso" },
    textOf("usr/lib/systemd/system/aceso.service", readFile("aceso.service")),
    textOf("etc/aceso/environment", readFile("environment")),
    textOf("usr/share/doc/aceso/copyright", COPYRIGHT),
  ]
}

const COPYRIGHT = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: aceso

Files: *
Copyright: the authors of Aceso
License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0. Packages of others keep
 their licences beside them, in /opt/aceso/node_modules.
`

const controlOf = ({ version, debianArch }: Facts, kib: number): string => `Package: aceso
Version: ${version}
Architecture: ${debianArch}
Maintainer: the authors of Aceso <aceso@localhost>
Installed-Size: ${kib}
Depends: ${DEPENDS}
Section: net
Priority: optional
Description: node of a medical consortium ledger
 Records stay with the hospital that holds them; what patients allow, and who looked, stands on a
 ledger that the organisations of a network keep together. It brings its own Node. Nothing is
 started by the installation: see /opt/aceso/docs/operations.md.
`

const sumsOf = (data: readonly Entry[]): string =>
  data
    .flatMap((entry) =>
      "body" in entry && !CONFFILES.includes(`/${entry.path}`)
        ? [`${hash("md5", entry.body())}  ${entry.path}\n`]
        : [],
    )
    .sort()
    .join("")

/** The archive format of `ar`, which a .deb is. */
function ar(members: readonly (readonly [name: string, body: Uint8Array])[], time: number): Buffer {
  const parts: Uint8Array[] = [Buffer.from("!<arch>\n")]
  for (const [name, body] of members) {
    const fields = [name.padEnd(16), String(time).padEnd(12), "0     0     ", "100644  "]
    parts.push(Buffer.from(`${fields.join("")}${String(body.length).padEnd(10)}\`\n`), body)
    if (body.length % 2 === 1) parts.push(Buffer.from("\n"))
  }
  return Buffer.concat(parts)
}
