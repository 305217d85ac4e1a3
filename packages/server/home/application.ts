import {
  type Bytes,
  type Infer,
  list,
  memberId,
  memberKind,
  object,
  optional,
  PlatformError,
  publicKey,
  publicKeySchema,
  sign,
  signature64,
  signedGenesis,
  text,
  toHex,
  validatorAddress,
  validatorPossessionBytes,
  verify,
} from "@aceso/core"
import { NODE_ID } from "@aceso/ledger/engines/cometbft/home.ts"
import { address, peerAddress, wrongUrl } from "../node/config.ts"

/** What an organisation says of itself in public, to be admitted. */
export const application = object({
  member: memberId,
  name: text(100),
  kind: memberKind,
  url: text(200),
  key: publicKeySchema,
  /** The consensus key, with a signature by it that the member holds it. */
  validator: object({ key: publicKeySchema, proof: signature64 }),
  /** The node's name between validators. */
  nodeId: text(40, NODE_ID),
  /** Where other validators reach it; absent on `embedded`. */
  p2p: optional(address),
})
export type Application = Infer<typeof application>

/** A network begins with so many organisations besides its founder: one proposal admits them. */
export const MAX_APPLICATIONS = 16

/** What the founder hands to the organisations that take part. */
export const invitation = object({
  genesis: signedGenesis,
  peers: list(peerAddress, 100),
  applications: list(application, MAX_APPLICATIONS),
  /**
   * Where no ballot ended the network before: its voters with their keys, more than half of whom have to sign
   * (aceso network cosign). It is for counting alone; what counts is what the snapshot says.
   */
  voters: optional(list(object({ member: memberId, key: publicKeySchema }), 10_000)),
})
export type Invitation = Infer<typeof invitation>

export function makeApplication(
  facts: Pick<Application, "member" | "name" | "kind" | "url" | "p2p">,
  seeds: { readonly member: Bytes; readonly validator: Bytes; readonly node: Bytes },
): Application {
  const { p2p, ...rest } = facts
  const key = publicKey(seeds.validator)
  return {
    ...rest,
    key: publicKey(seeds.member),
    validator: { key, proof: sign(validatorPossessionBytes(facts.member, key), seeds.validator) },
    nodeId: toHex(validatorAddress(publicKey(seeds.node))),
    ...(p2p !== undefined && { p2p }),
  }
}

/** @throws PlatformError `bad_application` when it does not prove that it holds its validator's key */
export function checkApplication(one: Application): Application {
  const { member, validator, url } = one
  const wrong = wrongUrl(url)
  if (wrong !== undefined)
    throw new PlatformError("bad_application", `the application of ${member} is refused: ${wrong}`)
  if (!verify(validator.proof, validatorPossessionBytes(member, validator.key), validator.key))
    throw new PlatformError(
      "bad_application",
      `the application of ${member} does not prove that it holds its validator's key; ask for its application.json anew`,
    )
  return one
}

/** `nodeId@host:port`; undefined on `embedded`. */
export const peerOf = ({ nodeId, p2p }: Application): string | undefined =>
  p2p === undefined ? undefined : `${nodeId}@${p2p}`
