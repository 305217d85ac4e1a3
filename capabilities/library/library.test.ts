import { librarySuite } from "./testing/library-suite.ts"

librarySuite("embedded")
