import { AppStore, PublicClient, placeLedger } from "@aceso/client"
import { genesisHash, PlatformError, readGenesis, type SignedGenesis } from "@aceso/core"

/**
 * Who serves the app to patients, as the genesis names it, and what it keeps for devices.
 * @param app where the app is reached @throws PlatformError `not_found`
 */
export function operatorOf(app: string, signed: SignedGenesis) {
  const [origin] = readGenesis(signed).app?.origins ?? []
  if (origin === undefined)
    throw new PlatformError("not_found", "this network has no app for patients: its genesis names none")
  const genesis = genesisHash(signed)
  return { store: new AppStore(app, origin, placeLedger(app, genesis)), origin, genesis }
}

/** The same, by the genesis that this origin serves: it is what the device goes by. */
export const operatorAt = async (app: string) =>
  operatorOf(app, (await new PublicClient(app).genesis()).signed)
