// What dpkg calls of the package's scripts, by Debian Policy 6.6 to 6.8: whatever goes wrong, a node that ran runs again,
// and one that did not is not started.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"

const folder = mkdtempSync(join(tmpdir(), "aceso-maintainer-"))
after(() => rmSync(folder, { recursive: true, force: true }))

type Call = readonly [script: "postinst" | "prerm" | "postrm", ...argv: string[]]

/** A machine with stubs: what `systemctl` would start and stop is a file. */
class Machine {
  private readonly root = mkdtempSync(join(folder, "machine-"))
  private readonly running = this.at("running")

  constructor(isRunning: boolean, hasSystemd = true) {
    for (const name of ["bin", "run", "opt/aceso/node_modules", "var/cache/aceso", "var/lib", "etc/aceso"])
      mkdirSync(this.at(name), { recursive: true })
    if (hasSystemd) mkdirSync(this.at("run/systemd/system"), { recursive: true })
    if (isRunning) writeFileSync(this.running, "")
    const stub = (name: string, body: string) =>
      writeFileSync(this.at("bin", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
    for (const name of ["useradd", "getent", "install", "chgrp", "chmod"]) stub(name, "exit 0")
    const said = `echo "$*" >>${this.at("said")}`
    const fails = `[ ! -e ${this.at("fails")}-"$1" ] || exit 1`
    const does = `is-active) [ -e ${this.running} ];; stop) rm -f ${this.running};; start) touch ${this.running};;`
    stub("systemctl", `${said}\n${fails}\ncase "$1" in ${does} esac`)
  }
  at(...names: string[]): string {
    return join(this.root, ...names)
  }
  /** @returns the status */
  call([script, ...argv]: Call): number | null {
    const text = readFileSync(join(import.meta.dirname, "files", script), "utf8")
    const here = text.replace(/(?<=[\s])\/(?=(run|opt|var|etc)\b)/g, `${this.root}/`)
    const path = this.at(script)
    writeFileSync(path, here)
    const env = { PATH: `${this.at("bin")}:/usr/bin:/bin` }
    return spawnSync("sh", [path, ...argv], { env, encoding: "utf8" }).status
  }
  /** Whether `systemctl stop` or `start` fails from now on. */
  fails(verb: "stop" | "start", does: boolean): void {
    if (does) writeFileSync(this.at(`fails-${verb}`), "")
    else rmSync(this.at(`fails-${verb}`))
  }
  get isRunning(): boolean {
    return existsSync(this.running)
  }
  get hasMark(): boolean {
    return existsSync(this.at("run/aceso.ran-before-upgrade"))
  }
  get said(): string {
    return existsSync(this.at("said")) ? readFileSync(this.at("said"), "utf8") : ""
  }
}

const OTHER = ["in-favour", "other", "1"]
const rows: readonly (readonly [comment: string, after: "as before" | "stopped", calls: readonly Call[]])[] =
  [
    [
      "an upgrade",
      "as before",
      [
        ["prerm", "upgrade", "2"],
        ["postrm", "upgrade", "2"],
        ["postinst", "configure", "1"],
      ],
    ],
    [
      "an upgrade that cannot be unpacked",
      "as before",
      [
        ["prerm", "upgrade", "2"],
        ["postrm", "abort-upgrade", "1"],
        ["postinst", "abort-upgrade", "2"],
      ],
    ],
    [
      "one whose old prerm fails twice",
      "as before",
      [
        ["prerm", "upgrade", "2"],
        ["prerm", "failed-upgrade", "1", "2"],
        ["postinst", "abort-upgrade", "2"],
      ],
    ],
    [
      "one whose old prerm fails once",
      "as before",
      [
        ["prerm", "failed-upgrade", "1", "2"],
        ["postrm", "upgrade", "2"],
        ["postinst", "configure", "1"],
      ],
    ],
    [
      "one whose old postrm fails",
      "as before",
      [
        ["prerm", "upgrade", "2"],
        ["postrm", "upgrade", "2"],
        ["postrm", "failed-upgrade", "1", "2"],
        ["postinst", "configure", "1"],
      ],
    ],
    [
      "one whose old postrm fails twice",
      "as before",
      [
        ["prerm", "upgrade", "2"],
        ["postrm", "failed-upgrade", "1", "2"],
        ["postrm", "abort-upgrade", "1", "2"],
        ["postinst", "abort-upgrade", "2"],
      ],
    ],
    [
      "a removal",
      "stopped",
      [
        ["prerm", "remove"],
        ["postrm", "remove"],
      ],
    ],
    [
      "a removal, and an installation after it",
      "stopped",
      [
        ["prerm", "remove"],
        ["postrm", "remove"],
        ["postinst", "configure"],
      ],
    ],
    [
      "a removal with all of it",
      "stopped",
      [
        ["prerm", "remove"],
        ["postrm", "remove"],
        ["postrm", "purge"],
      ],
    ],
    [
      "a removal that fails",
      "as before",
      [
        ["prerm", "remove"],
        ["postinst", "abort-remove"],
      ],
    ],
    [
      "a removal for another package",
      "stopped",
      [
        ["prerm", "remove", ...OTHER],
        ["postrm", "remove"],
      ],
    ],
    [
      "one that fails",
      "as before",
      [
        ["prerm", "remove", ...OTHER],
        ["postinst", "abort-remove", ...OTHER],
      ],
    ],
    [
      "a deconfiguration that fails",
      "as before",
      [
        ["prerm", "deconfigure", ...OTHER, "removing", "third", "1"],
        ["postinst", "abort-deconfigure", ...OTHER, "removing", "third", "1"],
      ],
    ],
    [
      "a deconfiguration that is over",
      "as before",
      [
        ["prerm", "deconfigure", ...OTHER],
        ["postinst", "configure", "1"],
      ],
    ],
    [
      "another package in its place",
      "stopped",
      [
        ["prerm", "remove"],
        ["postrm", "disappear", "other", "1"],
      ],
    ],
    ["a trigger", "as before", [["postinst", "triggered", "somebody's"]]],
  ]

describe("the package's scripts, as dpkg calls them", () => {
  for (const [comment, then, calls] of rows)
    for (const wasRunning of [true, false])
      it(`${comment}, of a node that ${wasRunning ? "runs" : "does not run"}`, () => {
        const machine = new Machine(wasRunning)
        for (const call of calls) assert.equal(machine.call(call), 0, call.join(" "))
        assert.equal(machine.isRunning, then === "as before" && wasRunning)
        assert.equal(machine.hasMark, false)
        if (!wasRunning) assert.doesNotMatch(machine.said, /^(start|stop)/m)
      })

  it("a first installation starts nothing, also after one that failed", () => {
    const machine = new Machine(false)
    for (const call of [
      ["postrm", "abort-install"],
      ["postinst", "configure"],
    ] as const)
      assert.equal(machine.call([...call]), 0)
    assert.doesNotMatch(machine.said, /^start/m)
  })

  it("a node that could not be started is started by the next try", () => {
    const machine = new Machine(true)
    assert.equal(machine.call(["prerm", "upgrade", "2"]), 0)
    machine.fails("start", true)
    assert.notEqual(machine.call(["postinst", "configure", "1"]), 0)
    machine.fails("start", false)
    assert.equal(machine.call(["postinst", "configure", "1"]), 0)
    assert.deepEqual([machine.isRunning, machine.hasMark], [true, false])
  })

  it("a node that could not be stopped is not replaced, and is there as before", () => {
    const machine = new Machine(true)
    machine.fails("stop", true)
    assert.notEqual(machine.call(["prerm", "upgrade", "2"]), 0)
    assert.notEqual(machine.call(["prerm", "failed-upgrade", "1", "2"]), 0)
    assert.equal(machine.call(["postinst", "abort-upgrade", "2"]), 0)
    assert.deepEqual([machine.isRunning, machine.hasMark], [true, false])
  })

  it("without systemd, as in a container, nothing is asked of it", () => {
    const machine = new Machine(false, false)
    for (const [, , calls] of rows)
      for (const call of calls) assert.equal(machine.call(call), 0, call.join(" "))
    assert.equal(machine.said, "")
  })
})
