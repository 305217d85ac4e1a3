import { PlatformError } from "@aceso/core"

/** What a capability refuses, by a code of its own: no fault of this node (409). */
export class Refusal extends PlatformError {}
