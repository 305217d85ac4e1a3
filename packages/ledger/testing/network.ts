import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { contractRules, contracts } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  type GenesisDocument,
  handleSeed,
  type MemberId,
  type MemberKind,
  makeEnvelope,
  publicKey,
  readGenesis,
  type SignedGenesis,
  sha256,
  signGenesis,
  utf8,
} from "@aceso/core"
import type { Engine, Submitted } from "../engine.ts"
import type { Rules } from "../rules.ts"

/** A network for tests: keys follow from names, so runs are repeatable. */
export const rules: Rules = contractRules
export const seedOf = (name: string): Bytes => sha256(utf8(`seed of ${name}`))
export const handleOf = (name: string): Bytes => sha256(utf8(`handle of ${name}`))
export const FOUNDER = "authority"

export interface GenesisChoices {
  readonly network?: string
  readonly engine?: GenesisDocument["engine"]
  readonly validators?: GenesisDocument["validators"]
  readonly time?: number
  readonly quota?: GenesisDocument["quota"]
  readonly isLoopback?: true
  /** Besides those of this release. */
  readonly contracts?: GenesisDocument["contracts"]
}

export function makeGenesis(choices: GenesisChoices = {}): {
  genesis: GenesisDocument
  signed: SignedGenesis
} {
  const engine = choices.engine ?? "embedded"
  const signed = signGenesis(
    {
      network: choices.network ?? "test-net",
      time: choices.time ?? Date.now() - 1000,
      engine,
      engineKey: engine === "embedded" ? publicKey(seedOf("engine")) : null,
      validators: choices.validators ?? [],
      founder: {
        member: FOUNDER,
        name: "Health Authority",
        key: publicKey(seedOf(FOUNDER)),
        url: "https://authority.example",
      },
      ...(choices.isLoopback && { isLoopback: true }),
      contracts: [
        ...contracts.map(({ name, version }) => ({ name, version, sources: new Uint8Array(32) })),
        ...(choices.contracts ?? []),
      ],
      quota: choices.quota ?? {
        windowMs: 10_000,
        bytes: 2 ** 30,
        transactions: 1_000_000,
        urgentTransactions: 1000,
      },
    },
    seedOf(FOUNDER),
  )
  return { signed, genesis: readGenesis(signed) }
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "aceso-test-"))

export interface Call {
  readonly contract: string
  readonly action: string
  readonly input: Cbor
  readonly expiry?: number
  readonly nonce?: Bytes
}

export const envelopeOf = (network: string, call: Call, ...signers: readonly Bytes[]): Bytes =>
  makeEnvelope({ network, expiry: Date.now() + 120_000, ...call }, signers).bytes

export const send = (engine: Engine, call: Call, ...signers: readonly Bytes[]): Promise<Submitted> =>
  engine.submit(envelopeOf(engine.network, call, ...signers))

export const admit = (engine: Engine, ...members: readonly (readonly [MemberId, MemberKind])[]) =>
  send(
    engine,
    {
      contract: "governance",
      action: "propose",
      input: {
        changes: members.map(([member, kind]) => ({
          do: "admit",
          member,
          name: `Member ${member}`,
          kind,
          url: `https://${member}.example`,
          key: publicKey(seedOf(member)),
        })),
      },
    },
    seedOf(FOUNDER),
  )

export const patientSeed = (name: string, custodian: string): Bytes =>
  handleSeed(seedOf(name), custodian, handleOf(`${name} at ${custodian}`), 1)

export const enrol = (engine: Engine, custodian: string, name: string) =>
  send(
    engine,
    {
      contract: "people",
      action: "enrol",
      input: {
        custodian,
        handle: handleOf(`${name} at ${custodian}`),
        key: publicKey(patientSeed(name, custodian)),
      },
    },
    seedOf(custodian),
    patientSeed(name, custodian),
  )
