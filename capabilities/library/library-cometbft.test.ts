// needs: cometbft
import { librarySuite } from "./testing/library-suite.ts"

librarySuite("cometbft")
