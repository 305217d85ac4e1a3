import type { Bytes } from "./bytes.ts"
import { pullQuestion } from "./case-documents.ts"
import { type Cbor, encodeCbor } from "./cbor.ts"
import { sha256, sign, verify } from "./crypto.ts"
import { domainBytes, type Hash } from "./hash.ts"
import {
  hash32,
  type MemberId,
  memberId,
  networkId,
  type PublicKey,
  publicKeySchema,
  signature64,
} from "./ids.ts"
import { bytes, type Infer, list, object, oneOf, uint } from "./schema.ts"
import { sealedAnswer } from "./sealed-schemas.ts"

/**
 * Mail between members that cannot reach each other (CAPABILITIES.md, Documents): a question for a document, and its
 * sealed answer, lie with a third member until whom they are for takes them. That one learns who writes to whom, how
 * much and when; it can open nothing, and signs for what it took.
 */

/** Of one letter. */
export const MAX_LETTER_BYTES = 9 * 2 ** 20
/** Letters of one answer. */
export const MAX_LETTERS = 8
/** So long a letter lies there at most, ms. */
export const LETTER_MS = 30 * 24 * 3_600_000

export const letterKind = oneOf("question", "answer")
export type LetterKind = Infer<typeof letterKind>

/** Signed by a valid key of the member that asks, for the one that is asked. */
export const mailedQuestion = object({ question: pullQuestion, key: publicKeySchema, signature: signature64 })
export type MailedQuestion = Infer<typeof mailedQuestion>

/** `nonce`: of the question. */
export const mailedAnswer = object({ nonce: bytes(16), sealed: sealedAnswer })

const questionBytes = (question: MailedQuestion["question"], from: MemberId, to: MemberId): Bytes =>
  domainBytes("mailed-question", question.network, from, to, encodeCbor(question as unknown as Cbor))

export const signQuestion = (
  question: MailedQuestion["question"],
  from: MemberId,
  to: MemberId,
  key: PublicKey,
  seed: Bytes,
): MailedQuestion => ({ question, key, signature: sign(questionBytes(question, from, to), seed) })

/** Whether `key` signed the question, as of `from` for `to`; whose key it is, the ledger says. */
export const verifyQuestion = ({ question, key, signature }: MailedQuestion, from: MemberId, to: MemberId) =>
  verify(signature, questionBytes(question, from, to), key)

/** What the holder signs for: that it took this letter, and until when it keeps it; ms. */
export const mailReceipt = object({
  network: networkId,
  holder: memberId,
  from: memberId,
  to: memberId,
  kind: letterKind,
  hash: hash32,
  at: uint(),
  until: uint(),
  key: publicKeySchema,
  signature: signature64,
})
export type MailReceipt = Infer<typeof mailReceipt>

const receiptBytes = (r: Omit<MailReceipt, "signature">): Bytes =>
  domainBytes("mail-receipt", r.network, r.holder, r.from, r.to, r.kind, r.hash, r.at, r.until, r.key)

export const signMailReceipt = (r: Omit<MailReceipt, "signature">, seed: Bytes): MailReceipt => ({
  ...r,
  signature: sign(receiptBytes(r), seed),
})
/** Whether `key` signed it; whose key it is, the ledger says. */
export const verifyMailReceipt = (r: MailReceipt): boolean => verify(r.signature, receiptBytes(r), r.key)

export const letterHash = (content: Bytes): Hash => sha256(content)

export const letterQuestion = object({ to: memberId, kind: letterKind, content: bytes(1, MAX_LETTER_BYTES) })
/** Letters for the caller, the oldest first, behind `after` (0: from the first on). */
export const lettersQuestion = object({ after: uint() })
export const lettersAnswer = object({
  letters: list(
    object({
      n: uint(),
      from: memberId,
      kind: letterKind,
      content: bytes(1, MAX_LETTER_BYTES),
    }),
    MAX_LETTERS,
  ),
})
export const lettersDone = object({ numbers: list(uint(), MAX_LETTERS, 1) })
