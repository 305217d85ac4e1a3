import { type Bytes, equalBytes } from "./bytes.ts"
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts"
import { randomBytes, sign, verify } from "./crypto.ts"
import { type PractitionerWord, practitionerWord } from "./exchange.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { hash32, type MemberId, networkId, type PublicKey } from "./ids.ts"
import { verifyPractitioner } from "./keys.ts"
import { documentName } from "./process/process.ts"
import { promise } from "./promise.ts"
import { bytes, type Infer, nullable, object, uint } from "./schema.ts"
import { makeOneTimeKey, seal } from "./sealed.ts"
import type { SealedAnswer } from "./sealed-schemas.ts"

/**
 * Documents between the parties of a case (CAPABILITIES.md, Documents): on the ledger stands a salted commitment; the
 * document itself is pulled by whoever takes part, sealed to a one-time key.
 */

/** What every way that a document takes has room for; larger things are records, and large objects of them. */
export const MAX_DOCUMENT_BYTES = 3 * 2 ** 20

/** Where a document stands: the name of it in step `n` of a case. */
const place = { network: networkId, case: hash32, n: uint(), name: documentName }
export const documentPlace = object(place)
export type DocumentPlace = Infer<typeof documentPlace>

/**
 * `word`: of the person who acted for a member, over the commitment; null where a case key acted, which signed the step
 * itself.
 */
export const caseDocument = object({
  content: bytes(1, MAX_DOCUMENT_BYTES),
  salt: bytes(32),
  word: nullable(practitionerWord),
})
export type CaseDocument = Infer<typeof caseDocument>

/** What stands on the ledger of a document. @param salt 32 fresh bytes */
export const documentCommitment = (salt: Bytes, content: Bytes): Hash => domainHash("document", salt, content)

const wordBytes = (
  { network, case: id, n, name }: DocumentPlace,
  member: MemberId,
  commitment: Hash,
): Bytes => domainBytes("document-word", network, id, n, name, member, commitment)

/** The word of a person of a member. @param seed that person's */
export const signDocumentWord = (
  place: DocumentPlace,
  member: MemberId,
  commitment: Hash,
  proof: PractitionerWord["proof"],
  seed: Bytes,
): PractitionerWord => ({ proof, signature: sign(wordBytes(place, member, commitment), seed) })

/** What a receiver holds a document against. */
export interface DocumentExpectation {
  readonly place: DocumentPlace
  /** As the ledger has it in the step. */
  readonly commitment: Hash
  /** When the step was done, ms. */
  readonly at: number
  /** The member that did the step, with the root of its directory then; absent: a case key did. */
  readonly member?: { readonly member: MemberId; readonly directory: Hash }
}

export type DocumentFinding = "another_document" | "nobody_signed" | "not_of_the_directory" | "another_word"

/** Why a document is not what the ledger says; undefined: it is. */
export function documentFault(
  { content, salt, word }: CaseDocument,
  { place, commitment, at, member }: DocumentExpectation,
): DocumentFinding | undefined {
  if (!equalBytes(documentCommitment(salt, content), commitment)) return "another_document"
  if (!member) return undefined
  if (!word) return "nobody_signed"
  if (!verifyPractitioner(member.directory, word.proof, at)) return "not_of_the_directory"
  const signed = wordBytes(place, member.member, commitment)
  return verify(word.signature, signed, word.proof.practitioner.key) ? undefined : "another_word"
}

/** What a custodian says of a release: what it noted, and the promise that the ledger will have it soon. */
export const disclosed = object({ promise, auditEvent: bytes(2, 65_536), auditSalt: hash32 })
export type Disclosed = Infer<typeof disclosed>

/** A document as it is handed out; `disclosed` null: the organisation knows nobody whose audit it belongs to. */
export interface HandedDocument {
  readonly document: CaseDocument
  readonly disclosed: Disclosed | null
}

/** Asks for a document: signed by a member's key, or by a key of the case. `suite`, `oneTimeKey`: sealed.ts. */
export const pullQuestion = object({
  ...place,
  nonce: bytes(16),
  suite: uint(0xffff),
  oneTimeKey: bytes(32, 4096),
})
export type PullQuestion = Infer<typeof pullQuestion>

/** What the sealed answer is bound to. @param asker the key that signs the question */
const pullInfo = ({ network, case: id, n, name, nonce }: PullQuestion, asker: PublicKey): Cbor => [
  "document",
  network,
  id,
  n,
  name,
  nonce,
  asker,
]

/** What opens the answer to a question. */
export const pullSecret = object({ key: bytes(32), nonce: bytes(16) })
export type PullSecret = Infer<typeof pullSecret>
export const makePullSecret = (): PullSecret => ({ key: randomBytes(32), nonce: randomBytes(16) })

/**
 * A question for one document.
 * @param asker the key that will sign it
 * @param secret kept where the answer may come after a restart
 */
export async function makePull(
  { network, case: id, n, name }: DocumentPlace,
  asker: PublicKey,
  { key, nonce }: PullSecret = makePullSecret(),
) {
  const { suite, publicKey, open } = await makeOneTimeKey(undefined, key)
  const question: PullQuestion = {
    ...{ network, case: id, n, name, suite, nonce },
    oneTimeKey: publicKey,
  }
  return {
    question,
    /** What was answered, held against nothing yet. @throws PlatformError `unsealing_failed`, `bad_input` */
    async open(sealed: SealedAnswer): Promise<HandedDocument> {
      const [opened, noted] = await open(pullInfo(question, asker), sealed)
      return {
        document: caseDocument.parse(decodeCbor(opened), "document"),
        disclosed: noted ? disclosed.parse(decodeCbor(noted), "disclosed") : null,
      }
    },
  }
}

/** The answer to a question. @throws PlatformError `unknown_suite`, `bad_key` */
export const sealDocument = (
  { document, disclosed }: HandedDocument,
  question: PullQuestion,
  asker: PublicKey,
): Promise<SealedAnswer> =>
  seal(question.suite, question.oneTimeKey, pullInfo(question, asker), [
    encodeCbor(document as unknown as Cbor),
    ...(disclosed ? [encodeCbor(disclosed as unknown as Cbor)] : []),
  ])
