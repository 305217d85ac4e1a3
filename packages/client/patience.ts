import { PlatformError } from "@aceso/core"

const MOST = 100

/**
 * By how much all waiting for other machines' answers is lengthened, on a machine that is too slow or too busy for the
 * usual times: the environment's ACESO_PATIENCE, from 1 (as usual) to 100.
 */
export function patienceOf(given: string | undefined): number {
  const patience = given === undefined || given === "" ? 1 : Number(given)
  if (!(patience >= 1 && patience <= MOST))
    throw new PlatformError("bad_config", `ACESO_PATIENCE=${given}: expected a number from 1 to ${MOST}`)
  return patience
}

/** A browser has no environment. */
export const patience = (): number => patienceOf(globalThis.process?.env?.ACESO_PATIENCE)
