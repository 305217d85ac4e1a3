import { spawnSync } from "node:child_process"
import { biomeProgram } from "./check/biome.ts"

const { status } = spawnSync(await biomeProgram(), ["check", "--write", "."], { stdio: "inherit" })
process.exitCode = status ?? 1
