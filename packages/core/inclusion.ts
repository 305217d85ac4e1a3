import { hash32 } from "./ids.ts"
import { type Infer, list, object, uint } from "./schema.ts"

/** A leaf's place in its tree, and the way to the root (RFC 6962). */
export const inclusion = object({ index: uint(), size: uint(), path: list(hash32, 64) })
export type Inclusion = Infer<typeof inclusion>
