import { freePorts } from "../engines/cometbft/free-ports.ts"

/** Reserves so many ports, names them, and ends when it is killed. */
process.stdout.write(`${JSON.stringify(await freePorts(Number(process.argv[2])))}\n`)
setInterval(() => {}, 1_000)
