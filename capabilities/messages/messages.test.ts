import { messagesSuite } from "./testing/messages-suite.ts"

messagesSuite("embedded")
