#!/usr/bin/env node
// Runs the command line under the Node that the lockfile pins, whatever the system's own Node is. Plain
// JavaScript, because an old Node has to be able to read it.
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { fileURLToPath } from "node:url"
import { pinnedNode } from "./pinned.js"

const node = (!process.versions.node.startsWith("24.") && pinnedNode()) || process.execPath
const main = fileURLToPath(new URL("./main.ts", import.meta.url))
const args = ["--disable-warning=ExperimentalWarning", main, ...process.argv.slice(2)]
// What was compiled once lies beside the code that it was compiled from, as far as that may be written.
const compiled = fileURLToPath(new URL("../../node_modules/.cache/aceso/compiled", import.meta.url))
const env = { NODE_COMPILE_CACHE: compiled, ...process.env }
// By the channel the child notices that this process was killed.
const child = spawn(node, args, { env, stdio: ["inherit", "inherit", "inherit", "ipc"] })
let firstAt
// What the terminal sent reaches the child twice, which it takes for one (ending.ts).
function pass(signal) {
  child.kill(signal)
  if (signal === "SIGHUP") return
  if (firstAt === undefined) firstAt = Date.now()
  // A child in the middle of long work that cannot be interrupted hears nothing.
  else if (Date.now() - firstAt >= 500) setTimeout(() => child.kill("SIGKILL"), 1000).unref()
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, pass)
child.on("error", (error) => {
  process.stderr.write(`cannot run ${node}: ${error.message}; run npm ci in the project's folder\n`)
  process.exitCode = 1
})
child.on("exit", (code, signal) => {
  // Only before it listens does a signal end it without a word.
  if (signal === "SIGINT" || signal === "SIGTERM" || signal === "SIGHUP")
    process.stderr.write("aceso: broken off before it began; nothing was changed\n")
  process.exitCode = signal ? 128 + constants.signals[signal] : code === null ? 1 : code
})
