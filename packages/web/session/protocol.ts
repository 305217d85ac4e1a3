import { PlatformError } from "@aceso/core"

/** What the page and its session (a worker) send each other. */
export type ToSession =
  | { readonly id: number; readonly call: string; readonly args: readonly unknown[] }
  | { readonly id: number; readonly open: Identity }
export type FromSession =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly progress: readonly unknown[] }
  | { readonly id: number; readonly fault: Fault }

/** A fault as it passes between the two. */
export interface Fault {
  readonly code: string
  readonly message: string
}

/** Who uses the page, and the secret by which: it goes to the session once, and nowhere else. */
export type Identity =
  | {
      readonly kind: "staff"
      readonly name: string
      readonly member: string
      readonly node: string
      readonly seed: Uint8Array
    }
  | {
      readonly kind: "patient"
      readonly name: string
      readonly seed: Uint8Array
      readonly places: readonly {
        readonly custodian: string
        readonly handle: Uint8Array
        readonly keyNumber: number
        readonly url: string
      }[]
    }

export const faultOf = (error: unknown): Fault =>
  error instanceof PlatformError
    ? { code: error.code, message: error.message }
    : { code: "bug", message: error instanceof Error ? error.message : String(error) }

export const errorOf = ({ code, message }: Fault): PlatformError => new PlatformError(code, message)
