import {
  bool,
  hash32,
  type Infer,
  list,
  memberId,
  memberKind,
  networkId,
  nullable,
  object,
  oneOf,
  optional,
  pairingCode,
  role,
  type Schema,
  sixDigits,
  text,
  uint,
} from "@aceso/core"
import { personName } from "./staff-schemas.ts"

/** What the page of the first start asks the process that serves it, in JSON (docs/api.md, First start). */

/** Another file, whose content is checked by whoever knows it. */
const anyFile: Schema<unknown> = { parse: (value) => value, toJson: (value) => value, jsonSchema: {} }
const typed = optional(text(1000))

export const SETUP_TOKEN = "aceso-setup"

export const setupCode = object({ code: text(100) })
/** It stands for this tab until another code is used. */
export const setupEntered = object({ token: text(64) })

/** As it was typed; what is empty is left out. */
export const setupOrganisation = object({
  member: typed,
  name: typed,
  kind: typed,
  url: typed,
  port: typed,
  engine: typed,
  p2p: typed,
  "rpc-port": typed,
  "tls-certificate": typed,
  "tls-key": typed,
})
export type SetupOrganisation = Infer<typeof setupOrganisation>

export const setupFound = object({
  network: typed,
  "of-age": typed,
  /** Each a whole `application.json`. */
  applications: list(anyFile, 16),
  appOrigins: list(text(200), 8),
})
export type SetupFound = Infer<typeof setupFound>

/** A whole `invitation.json`. */
export const setupLook = object({ invitation: anyFile })
/** Of how many groups of four digits a genesis hash is, and how many of them are asked for. */
export const HASH_GROUPS = 16
export const ASKED_GROUPS = 3
export const setupLooked = object({
  network: networkId,
  founder: memberId,
  engine: oneOf("embedded", "cometbft"),
  genesisHash: hash32,
  /** Which groups have to be typed, from 1 on, ascending. */
  asked: list(uint(HASH_GROUPS, 1), ASKED_GROUPS, ASKED_GROUPS),
})
export type SetupLooked = Infer<typeof setupLooked>
export const setupJoin = object({
  invitation: anyFile,
  groups: list(text(20), ASKED_GROUPS, ASKED_GROUPS),
})

export const setupFile = object({ file: oneOf("application", "invitation") })
export const setupFileAnswer = object({ content: text(1_000_000) })

/** Whoever starts the node says that the secrets lie somewhere else as well. */
export const setupStart = object({ areSecretsCopied: bool() })

export const setupInvite = object({ name: personName, role: optional(role) })
export const setupInvited = object({
  code: pairingCode,
  /** ms */
  expiresAt: uint(),
  /** Where the person's own browser joins. */
  link: text(400),
})
export type SetupInvited = Infer<typeof setupInvited>
export const setupPairing = object({ code: pairingCode })
export const setupPaired = object({ hasDevice: bool() })
export const setupConfirm = object({ code: pairingCode, digits: sixDigits })

export const setupNothing = object({})

/** How far the first start is: read from the folder, and from the node once it runs. */
export const setupState = object({
  folder: text(1000),
  /** Null: there is no organisation yet. */
  home: nullable(
    object({
      member: memberId,
      name: text(100),
      kind: memberKind,
      url: text(200),
      engine: oneOf("embedded", "cometbft", "remote"),
      p2p: optional(text(320)),
      /** Files that HTTPS needs and that are not there. */
      missing: list(text(2000), 2),
      /** Where the secrets lie. */
      secrets: text(2000),
    }),
  ),
  /** Null: it belongs to no network yet. */
  network: nullable(
    object({
      network: networkId,
      founder: memberId,
      isFounder: bool(),
      genesisHash: hash32,
      /** Of a founder: with whom it begins. */
      members: list(memberId, 17),
      /** The founder named where the patients' app is, and does not serve it yet (`app` in node.json). */
      isAppMissing: bool(),
      /** Of a member that does not validate: whom it asks for the ledger. */
      sources: list(memberId, 8),
    }),
  ),
  node: object({
    runs: oneOf("off", "waiting", "ready"),
    /** `recovery`: its vault is behind the ledger, which is no first start. */
    waitsFor: optional(oneOf("admission", "blocks", "sources", "start", "recovery")),
    /** Whether this process may start it. */
    isHere: bool(),
    /** What starts it at a command line. */
    line: text(3000),
  }),
  /** Who administers the node by a device of their own. */
  administrators: list(personName, 100),
})
export type SetupState = Infer<typeof setupState>

/** `fields`: what of that which was typed is wrong; `mistakes`: codes, where a node's files have several. */
export const setupFault = object({
  code: text(64),
  message: text(4000),
  fields: optional(list(text(32), 16)),
  mistakes: optional(list(text(64), 16)),
})
