import type { KeptDelegation } from "@aceso/client"
import { PlatformError } from "@aceso/core"

/** What the page and its session (a worker) send each other. */
export type ToSession =
  | {
      readonly id: number
      readonly call: string
      readonly args: readonly unknown[]
      /** For whom, where it is somebody else: the name of one of `ActsFor`. */
      readonly as?: string
    }
  | { readonly id: number; readonly open: Opening }
export type FromSession =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly progress: readonly unknown[] }
  | { readonly id: number; readonly fault: Fault }

/** A fault as it passes between the two. */
export interface Fault {
  readonly code: string
  readonly message: string
}

/** Where a patient is known. */
export interface KnownPlace {
  readonly custodian: string
  readonly handle: Uint8Array
  readonly keyNumber: number
  readonly url: string
}

/** For whom somebody acts on this device. */
export interface ActsFor {
  /** By which the session tells them apart. */
  readonly name: string
  /** As the invitation calls them. */
  readonly person: string
  readonly custodian: string
}

/** What opening a session tells the page. */
export interface OpenedSession {
  /** Where the person has records of their own; 0: none. */
  readonly ownPlaces: number
  readonly actsFor: readonly ActsFor[]
  /** Of a patient, sealed: what the device has to keep from now on, where it is more than it did. */
  readonly places?: Uint8Array
}

/** What opens what this device keeps: a passkey's PRF output, or a passphrase. It goes to the session once. */
export type Secret = { readonly prf: Uint8Array } | { readonly passphrase: string }

/** Somebody whose secret this device keeps, sealed. */
export interface KeptPerson {
  /** Random, of this entry alone. */
  readonly id: string
  readonly kind: "staff" | "patient"
  readonly name: string
  readonly by:
    | { readonly what: "passkey"; readonly credentialId: Uint8Array }
    | { readonly what: "passphrase"; readonly salt: Uint8Array }
  /** Under which the sealed seed lies. */
  readonly wrapId: Uint8Array
  readonly content: Uint8Array
  /** Of the network: nodes that show another genesis are not believed. */
  readonly genesis: Uint8Array
  /** Of staff. */
  readonly member?: string
  readonly node?: string
  /** Of a patient: where the app is, and what is known of places, sealed under the seed. */
  readonly app?: string
  readonly places?: Uint8Array
  /** This device has begun to remember things: where nothing is remembered any more, it was cleared. */
  readonly remembers?: true
}

/** By what somebody works here. */
export interface StaffIdentity {
  readonly node: string
  readonly member: string
  readonly seed: Uint8Array
}

/** Who uses the page, and the secret by which. */
export type Opening =
  | { readonly kind: "kept"; readonly person: KeptPerson; readonly secret: Secret }
  | {
      readonly kind: "demo-staff"
      readonly name: string
      readonly member: string
      readonly node: string
      readonly seed: Uint8Array
    }
  | {
      readonly kind: "demo-patient"
      readonly name: string
      readonly seed: Uint8Array
      readonly places: readonly KnownPlace[]
      readonly actsFor?: readonly KeptDelegation[]
    }
  | { readonly kind: "device" }
  /** Nobody in particular, who looks at a node. */
  | { readonly kind: "open"; readonly url: string }

/** As pages know who uses them: no secret. */
export interface Identity {
  readonly kind: "staff" | "patient" | "device" | "open"
  readonly name: string
  readonly member?: string
  /** They act for somebody else, whose name it is: of `ActsFor`. */
  readonly actsAs?: string
}

export const faultOf = (error: unknown): Fault =>
  error instanceof PlatformError
    ? { code: error.code, message: error.message }
    : { code: "bug", message: error instanceof Error ? error.message : String(error) }

export const errorOf = ({ code, message }: Fault): PlatformError => new PlatformError(code, message)
