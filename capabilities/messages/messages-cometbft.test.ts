// needs: cometbft
import { messagesSuite } from "./testing/messages-suite.ts"

messagesSuite("cometbft")
