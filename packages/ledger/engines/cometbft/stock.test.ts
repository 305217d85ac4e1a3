// needs: stock-cometbft
import { cometSuite } from "../../testing/comet-suite.ts"

cometSuite("the stock cometbft, four validators", process.env.ACESO_STOCK_COMETBFT ?? "cometbft")
