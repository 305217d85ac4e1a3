import type { Bytes } from "./bytes.ts"
import { type Cbor, encodeCbor } from "./cbor.ts"
import { sign, verify } from "./crypto.ts"
import { domainBytes, domainHash } from "./hash.ts"
import { hash32, type MemberId, type PublicKey, publicKeySchema, role } from "./ids.ts"
import { inclusionPath, merkleRoot, verifyInclusion } from "./merkle.ts"
import { bytes, type Infer, list, object, optional, text, uint } from "./schema.ts"

/**
 * A practitioner in an organisation's directory: the ledger has the root over salted leaves. `name`: by which the
 * organisation calls this person; custodians that are asked tell it to the patient.
 */
export const practitioner = object({
  key: publicKeySchema,
  role,
  from: uint(),
  to: uint(),
  name: optional(text(64)),
})
export type Practitioner = Infer<typeof practitioner>

/** A practitioner with the proof that the organisation's directory holds them; travels in requests. */
export const practitionerProof = object({
  practitioner,
  salt: bytes(32),
  index: uint(),
  size: uint(),
  path: list(hash32, 40),
})
export type PractitionerProof = Infer<typeof practitionerProof>

const leafOf = (salt: Bytes, p: Practitioner): Bytes => {
  const named = p.name === undefined ? [] : [p.name]
  return domainHash("practitioner", salt, p.key, p.role, p.from, p.to, ...named)
}

export const directoryRoot = (all: readonly { practitioner: Practitioner; salt: Bytes }[]): Bytes =>
  merkleRoot(all.map(({ salt, practitioner }) => leafOf(salt, practitioner)))

export function provePractitioner(
  all: readonly { readonly practitioner: Practitioner; readonly salt: Bytes }[],
  index: number,
): PractitionerProof {
  const leaves = all.map(({ salt, practitioner }) => leafOf(salt, practitioner))
  return { ...all[index], index, size: leaves.length, path: inclusionPath(leaves, index) }
}

export const verifyPractitioner = (root: Bytes, p: PractitionerProof, time: number): boolean =>
  time >= p.practitioner.from &&
  time < p.practitioner.to &&
  verifyInclusion(root, leafOf(p.salt, p.practitioner), p.index, p.size, p.path)

/**
 * What the ledger names a person by whose time with an organisation ended: nothing to anybody who does not know the key.
 */
export const staffEndId = (member: MemberId, key: PublicKey): Bytes => domainHash("staff-end", member, key)

/** A document of any shape with a signature over it, for what is neither transaction nor HTTP message. */
export const signDocument = (what: string, document: Cbor, seed: Bytes): Bytes =>
  sign(domainBytes(what, encodeCbor(document)), seed)
export const verifyDocument = (what: string, document: Cbor, signature: Bytes, key: PublicKey): boolean =>
  verify(signature, domainBytes(what, encodeCbor(document)), key)
