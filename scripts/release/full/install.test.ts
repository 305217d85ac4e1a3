// needs: debootstrap aceso-cometbft systemd-analyze skopeo
// Each of what `npm run release` makes, installed in another root (chroot), where nothing of this project lies.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, before, describe, it } from "node:test"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { checkoutCopy } from "../testing/checkout.ts"
import { CleanRoot } from "../testing/clean-root.ts"
import {
  BOTH_READY,
  found,
  type Installed,
  importPatient,
  patientsAt,
  stopped,
  verifiedBy,
} from "../testing/main-job.ts"

const ROOT = join(import.meta.dirname, "../../..")
const folder = mkdtempSync(join(tmpdir(), "aceso-install-"))
const roots: CleanRoot[] = []
const made = (name: string) => join(folder, "one", name)
const version: string = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version
const arch = process.arch
const debianArch = arch === "x64" ? "amd64" : "arm64"

function release(root: string, out: string): string {
  const argv = ["--disable-warning=ExperimentalWarning", "scripts/release.ts", "--out", out]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: root, encoding: "utf8", env })
  assert.equal(status, 0, stdout + stderr)
  return stdout
}

/** The command line installed in a root, as this user. */
const installedIn = (root: CleanRoot, program: string, user: string): Installed => ({
  does: (...argv) => root.does([program, ...argv], user),
  start: (...argv) => root.start([program, ...argv], user),
  write(path, text) {
    writeFileSync(root.at(path), text, { mode: 0o644 })
  },
})

describe("a release", {
  skip: process.getuid?.() === 0 ? false : "another root needs chroot, as root",
}, () => {
  let debian: CleanRoot
  before(() => {
    release(ROOT, join(folder, "one"))
    debian = CleanRoot.debian()
    roots.push(debian)
  })
  after(async () => {
    for (const root of roots) await root.end()
    rmSync(folder, { recursive: true, force: true })
  })

  it("made again, in another folder, is the same bytes", () => {
    const copy = checkoutCopy()
    release(copy.root, join(folder, "two"))
    copy.end()
    const names = readdirSync(join(folder, "one")).sort()
    assert.equal(names.length, 5, names.join())
    assert.deepEqual(readdirSync(join(folder, "two")).sort(), names)
    for (const name of names)
      assert.ok(readFileSync(made(name)).equals(readFileSync(join(folder, "two", name))), `${name} differs`)
  })

  it("of the archive, no file names the folder that it was made in", () => {
    const { status, stdout } = spawnSync(
      "sh",
      ["-c", `tar -xzOf "$0" | grep -aFc "$1"`, made(`aceso-${version}-linux-${arch}.tar.gz`), ROOT],
      { encoding: "utf8" },
    )
    assert.deepEqual([status, stdout.trim()], [1, "0"])
  })

  it("the archive runs the main job on embedded", async () => {
    copyFileSync(made(`aceso-${version}-linux-${arch}.tar.gz`), debian.at("/tmp/aceso.tar.gz"))
    await debian.does(["tar", "-xzf", "/tmp/aceso.tar.gz", "-C", "/opt", "--no-same-owner"])
    await debian.does(["install", "-d", "-o", "1000", "-g", "1000", "/srv/nodes"])
    const aceso = installedIn(debian, `/opt/aceso-${version}/bin/aceso`, "1000:1000")
    const said = JSON.parse(await aceso.does("--version", "--json"))
    assert.equal(said.version, version)
    assert.match(said.commit, /^[0-9a-f]{12}$/)
    const homes = ["/srv/nodes/authority", "/srv/nodes/clinic"] as const
    await found(aceso, homes, await freePorts(2))
    const node = aceso.start("up", "--folder", homes[0], "--with", homes[1])
    await node.says(BOTH_READY)
    await importPatient(aceso, homes[1], "anna")
    assert.equal((await patientsAt(aceso, homes[1])).length, 1)
    assert.equal((await verifiedBy(aceso, "--folder", homes[0], "--with", homes[1])).ok, true)
    const { url } = JSON.parse(readFileSync(debian.at(`${homes[1]}/node.json`), "utf8"))
    const page = await fetch(`${url}/portal/`)
    assert.match(page.headers.get("content-type") ?? "", /text\/html/, "the built pages are served")
    await stopped(node)
  })

  it("the archive runs it on cometbft, with the program that came with it", async () => {
    const aceso = installedIn(debian, `/opt/aceso-${version}/bin/aceso`, "1000:1000")
    const home = "/srv/nodes/alone"
    const [http, p2p, rpc] = await freePorts(3)
    await aceso.does(
      ...["init", "--folder", home, "--member", "alone", "--name", "Alone", "--kind", "authority"],
      ...["--url", `http://127.0.0.1:${http}`, "--engine", "cometbft"],
      ...["--p2p", `127.0.0.1:${p2p}`, "--rpc-port", String(rpc)],
    )
    await aceso.does("network", "create", "--folder", home, "--network", "comet")
    const node = aceso.start("up", "--folder", home)
    await node.says(/^ready in/m)
    assert.equal((await verifiedBy(aceso, "--folder", home)).ok, true)
    await stopped(node)
  })

  describe("the Debian package", () => {
    const conffile = "/etc/aceso/environment"
    const unit = () => readFileSync(debian.at("/usr/lib/systemd/system/aceso.service"), "utf8")

    it("installs, with nothing but what it names, a user, a link, a unit, and starts nothing", async () => {
      copyFileSync(made(`aceso_${version}_${debianArch}.deb`), debian.at("/tmp/aceso.deb"))
      await debian.does(["dpkg", "-i", "/tmp/aceso.deb"])
      assert.equal((await debian.does(["dpkg", "--verify", "aceso"])).trim(), "")
      assert.match(await debian.does(["aceso", "--version"]), new RegExp(`^aceso ${version} \\(commit`))
      assert.match(await debian.does(["getent", "passwd", "aceso"]), /\/var\/lib\/aceso:\/usr\/sbin\/nologin/)
      assert.equal(statSync(debian.at("/var/lib/aceso")).mode & 0o777, 0o700)
      assert.equal(existsSync(debian.at("/etc/systemd/system/multi-user.target.wants/aceso.service")), false)
    })

    it("has a unit that systemd understands, and calls well kept in", () => {
      const analyze = process.env.ACESO_SYSTEMD_ANALYZE ?? "systemd-analyze"
      const verified = spawnSync(analyze, ["verify", `--root=${debian.folder}`, "aceso.service"], {
        encoding: "utf8",
      })
      // Units of others that a root without systemd lacks are none of ours.
      assert.doesNotMatch(verified.stderr, /aceso\.service:\d+|Unknown|Failed to parse|not executable/)
      const path = debian.at("/usr/lib/systemd/system/aceso.service")
      const judged = spawnSync(analyze, ["security", "--offline=true", "--threshold=25", path], {
        encoding: "utf8",
      })
      assert.equal(judged.status, 0, judged.stdout.split("\n").slice(-4).join("\n"))
    })

    it("runs the main job as its user, by the unit's own line", async () => {
      const aceso = installedIn(debian, "/usr/bin/aceso", "aceso:aceso")
      await debian.does(["install", "-d", "-m", "700", "-o", "aceso", "-g", "aceso", "/var/lib/aceso-clinic"])
      await found(aceso, ["/var/lib/aceso", "/var/lib/aceso-clinic"], await freePorts(2))
      const [, line] = /^ExecStart=(.+)$/m.exec(unit()) ?? []
      const node = debian.start([...line.split(" "), "--with", "/var/lib/aceso-clinic"], "aceso:aceso")
      await node.says(BOTH_READY)
      await importPatient(aceso, "/var/lib/aceso-clinic", "berta")
      const homes = ["--folder", "/var/lib/aceso", "--with", "/var/lib/aceso-clinic"]
      assert.equal((await verifiedBy(aceso, ...homes)).ok, true)
      await stopped(node)
    })

    it("removed and purged leaves keys and records, and what the administrator wrote until the purge", async () => {
      writeFileSync(debian.at(conffile), "# own\n")
      await debian.does(["dpkg", "--remove", "aceso"])
      assert.equal(existsSync(debian.at("/opt/aceso")), false)
      assert.equal(readFileSync(debian.at(conffile), "utf8"), "# own\n")
      const said = await debian.does(["dpkg", "--purge", "aceso"])
      assert.match(said, /\/var\/lib\/aceso stays, with its keys and records/)
      assert.equal(existsSync(debian.at(conffile)), false)
      for (const path of ["secrets/member.key", "vault/keyring.db"])
        assert.ok(existsSync(debian.at(`/var/lib/aceso/${path}`)), path)
    })
  })

  describe("the image", () => {
    let root: CleanRoot
    let config: { User: string; Entrypoint: string[]; Cmd: string[]; Env: string[]; Volumes: object }

    it("is an OCI layout whose blobs are what they are called", async () => {
      const layout = join(folder, "layout")
      mkdirSync(layout)
      const tar = (argv: readonly string[]) => assert.equal(spawnSync("tar", argv).status, 0, argv.join(" "))
      tar(["-xf", made(`aceso-${version}-linux-${arch}.oci.tar`), "-C", layout])
      const read = ({ digest }: { digest: string }) =>
        JSON.parse(readFileSync(join(layout, "blobs", digest.replace(":", "/")), "utf8"))
      const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"))
      const manifest = read(index.manifests[0])
      const about = read(manifest.config)
      config = about.config
      const sums = spawnSync(
        "sh",
        ["-c", 'cd blobs/sha256 && for f in *; do echo "$f  $f"; done | sha256sum -c'],
        {
          cwd: layout,
          encoding: "utf8",
        },
      )
      assert.equal(sums.status, 0, sums.stdout)
      root = new CleanRoot()
      roots.push(root)
      for (const [i, { digest }] of manifest.layers.entries()) {
        const blob = join(layout, "blobs", digest.replace(":", "/"))
        const plain = spawnSync("sh", ["-c", 'gzip -dc "$0" | sha256sum', blob], { encoding: "utf8" })
        assert.equal(`sha256:${plain.stdout.slice(0, 64)}`, about.rootfs.diff_ids[i])
        tar(["-xzf", blob, "-C", root.folder, "--same-owner", "--keep-directory-symlink"])
      }
      const [docker] = JSON.parse(readFileSync(join(layout, "manifest.json"), "utf8"))
      assert.deepEqual(docker.RepoTags, [`aceso:${version}`])
      for (const path of [docker.Config, ...docker.Layers]) assert.ok(existsSync(join(layout, path)), path)
    })

    it("is read by those who load images, by its layout and by the list of older ones", () => {
      const file = made(`aceso-${version}-linux-${arch}.oci.tar`)
      for (const kind of ["oci-archive", "docker-archive"]) {
        const to = join(folder, kind)
        const { status, stderr } = spawnSync(
          process.env.ACESO_SKOPEO ?? "skopeo",
          ["--insecure-policy", "copy", `${kind}:${file}`, `dir:${to}`],
          { encoding: "utf8" },
        )
        assert.equal(status, 0, stderr)
        assert.equal(JSON.parse(readFileSync(join(to, "manifest.json"), "utf8")).layers.length, 2)
      }
    })

    it("has no shell, and runs the main job as a user that is not root", async () => {
      assert.equal(existsSync(root.at("/bin/sh")), false)
      assert.match(config.User, /^[1-9]\d*:[1-9]\d*$/)
      assert.deepEqual(Object.keys(config.Volumes), ["/var/lib/aceso"])
      const env = Object.fromEntries(config.Env.map((one) => one.split(/=(.*)/s).slice(0, 2)))
      const aceso: Installed = {
        does: (...argv) => root.does([...config.Entrypoint, ...argv], config.User, { HOME: env.HOME }),
        start: (...argv) => root.start([...config.Entrypoint, ...argv], config.User, { HOME: env.HOME }),
        write(path, text) {
          mkdirSync(dirname(root.at(path)), { recursive: true })
          writeFileSync(root.at(path), text)
        },
      }
      const homes = ["/var/lib/aceso/authority", "/var/lib/aceso/clinic"] as const
      await found(aceso, homes, await freePorts(2))
      assert.deepEqual(config.Cmd, ["up", "--folder", "/var/lib/aceso"])
      const node = aceso.start("up", "--folder", homes[0], "--with", homes[1])
      await node.says(BOTH_READY)
      await importPatient(aceso, homes[1], "carla")
      assert.equal((await verifiedBy(aceso, "--folder", homes[0], "--with", homes[1])).ok, true)
      await stopped(node)
    })
  })
})
