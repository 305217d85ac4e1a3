// needs: cometbft
import { cometSuite } from "../../testing/comet-suite.ts"

cometSuite("cometbft, four validators", process.env.ACESO_COMETBFT ?? "aceso-cometbft")
