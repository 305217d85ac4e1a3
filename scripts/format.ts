import { spawnSync } from "node:child_process"
import { BIOME } from "./check/tools.ts"

const { status } = spawnSync(BIOME, ["check", "--write", "."], { stdio: "inherit" })
process.exitCode = status ?? 1
