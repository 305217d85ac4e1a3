import type { Fault } from "../protocol.ts"
import type { BrokenPart } from "./broken-part.ts"

/** Who attests the block on which a file rests. */
export type RestsOn = "operator" | "validators"

/** What a file is, and whether it holds. */
export type Verified = {
  /** Of the genesis on which it rests, the hash in hexadecimal. */
  readonly anchor: string
  readonly isOwnAnchor: boolean
  /** The network of that genesis. */
  readonly network: string
} & (
  | {
      readonly kind: "receipt"
      readonly contract: string
      readonly action: string
      readonly id: string
      readonly input: string
      readonly signers: readonly string[]
      /** null: accepted. */
      readonly rejection: string | null
      readonly height: number
      /** ms */
      readonly time: number
      readonly restsOn: RestsOn
    }
  | {
      readonly kind: "evidence"
      readonly custodian: string
      readonly lie: string
      readonly height: number
      readonly says: string
      readonly restsOn: RestsOn
    }
  | {
      readonly kind: "fork"
      readonly height: number
      readonly liars: readonly string[]
      readonly says: string
      readonly restsOn: RestsOn
    }
  | {
      readonly kind: "checkpoints"
      readonly count: number
      readonly from: number
      readonly to: number
      /** Of how many checkpoints each signed. */
      readonly members: readonly { readonly member: string; readonly count: number }[]
      /** Those that one member signed and nobody else, and that are none of the node's blocks that were looked at. */
      readonly alone: number
      /** Those that are blocks of the node's ledger, of the newest 800 that were looked at. */
      readonly same: number
      /** Those of blocks that the node does not have. */
      readonly ahead: number
      readonly isCut: boolean
    }
  | {
      readonly kind: "app"
      readonly files: number
      readonly root: string
      readonly state: "released" | "withdrawn" | "never"
    }
  | {
      readonly kind: "bad"
      readonly what: VerifiedKind
      readonly fault: Fault
      readonly part?: BrokenPart
      /** Of the file, where it is of another network. */
      readonly of?: string
    }
)
export type VerifiedKind = "receipt" | "evidence" | "fork" | "checkpoints" | "app"
