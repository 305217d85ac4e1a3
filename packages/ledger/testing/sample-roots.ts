import { toHex } from "@aceso/core"
import { endAll, executeSampleBlocks } from "./blocks.ts"

/** Run by executor.test.ts in processes of different TZ, LANG and stack size: prints what must be equal. */
process.stdout.write(
  JSON.stringify({
    roots: executeSampleBlocks().map(({ stateRoot, historyHash }) => [toHex(stateRoot), toHex(historyHash)]),
    // Shows that the surroundings did differ.
    offsetMinutes: new Date(1_700_000_000_000).getTimezoneOffset(),
    locale: new Intl.NumberFormat().resolvedOptions().locale,
  }),
)
await endAll()
