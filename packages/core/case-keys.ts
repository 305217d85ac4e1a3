import { type Bytes, nameOf } from "./bytes.ts"
import { publicKey, sign, verify } from "./crypto.ts"
import { domainBytes } from "./hash.ts"
import { handle, memberId, networkId, type PublicKey, publicKeySchema, signature64 } from "./ids.ts"
import { caseSeed } from "./person-keys.ts"
import { type Infer, list, object, uint } from "./schema.ts"

/**
 * Case keys (CAPABILITIES.md, Cases): one-time keys of a person, a stock of which lies with each custodian. Nothing of
 * them shows on the ledger which handle they belong to, or that two of them belong together.
 */

/** Keys that lie with a custodian at once. */
export const MAX_STOCK = 64

/** `from`: the number j of the first key. `proofs`: each key's own word that it is that handle's. */
export const caseKeyStock = object({
  network: networkId,
  custodian: memberId,
  handle,
  from: uint(1_000_000),
  keys: list(publicKeySchema, MAX_STOCK, 1),
  proofs: list(signature64, MAX_STOCK, 1),
  signature: signature64,
})
export type CaseKeyStock = Infer<typeof caseKeyStock>

const proofBytes = ({ network, custodian, handle }: Pick<CaseKeyStock, "network" | "custodian" | "handle">) =>
  domainBytes("case-key", network, custodian, handle)

const stockBytes = ({
  network,
  custodian,
  handle,
  from,
  keys,
}: Omit<CaseKeyStock, "signature" | "proofs">): Bytes =>
  domainBytes("case-key-stock", network, custodian, handle, from, [...keys])

/**
 * A stock of the next keys, signed by the handle's key.
 * @param seed of the person @param handleSeed of the handle's key
 */
export function makeStock(
  seed: Bytes,
  handleSeed: Bytes,
  {
    network,
    custodian,
    handle,
    from,
    count,
  }: Omit<CaseKeyStock, "keys" | "proofs" | "signature"> & { readonly count: number },
): CaseKeyStock {
  const seeds = Array.from({ length: count }, (_, i) => caseSeed(seed, custodian, handle, from + i))
  const stock = { network, custodian, handle, from, keys: seeds.map(publicKey) }
  const proofs = seeds.map((one) => sign(proofBytes(stock), one))
  return { ...stock, proofs, signature: sign(stockBytes(stock), handleSeed) }
}

/** Whether the handle's key says that these keys are that person's, and each key, once in it, that it is that handle's. */
export const verifyStock = (stock: CaseKeyStock, handleKey: PublicKey): boolean =>
  verify(stock.signature, stockBytes(stock), handleKey) &&
  stock.proofs.length === stock.keys.length &&
  new Set(stock.keys.map(nameOf)).size === stock.keys.length &&
  stock.keys.every((key, i) => verify(stock.proofs[i], proofBytes(stock), key))
