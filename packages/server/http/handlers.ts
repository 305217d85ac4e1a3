import type { Bytes, Cbor } from "@aceso/core"
import type { Context } from "hono"
import type { StaffMember } from "../node/config.ts"
import type { AcesoNode } from "../node/node.ts"

export type StaffHandler = (
  node: AcesoNode,
  body: Bytes,
  who: StaffMember,
  context: Context,
) => Promise<Cbor | Bytes>
export type PatientHandler = (node: AcesoNode, body: Bytes, key: Bytes) => Promise<Cbor>
