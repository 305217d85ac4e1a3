import {
  type Bytes,
  type CaseAnswer,
  type Cbor,
  caseAnswer,
  caseStepAnswer,
  documentCommitment,
  type InboxAnswer,
  inboxAnswer,
  type MemberId,
  type PractitionerProof,
  randomBytes,
  signDocumentWord,
} from "@aceso/core"
import { type Caller, post } from "./http.ts"
import type { Written } from "./own-case.ts"

/** Cases in which an organisation takes part, as one of its own people works on them. */
export class StaffCases {
  private readonly url: string
  private readonly caller: Caller

  constructor(url: string, caller: Caller) {
    this.url = url
    this.caller = caller
  }

  /** What the caller has to do, what is due first before it. @param waitMs until something changes */
  async inbox(limit = 200, waitMs = 0): Promise<InboxAnswer["items"]> {
    return (await this.page(limit, waitMs)).items
  }

  /** The same, with whether there is more. */
  page(limit = 200, waitMs = 0): Promise<InboxAnswer> {
    return post(`${this.url}/staff/inbox`, { limit, waitMs }, this.caller, inboxAnswer)
  }

  /** @throws PlatformError `unknown_case`, `not_permitted` */
  show(id: Bytes): Promise<CaseAnswer> {
    return post(`${this.url}/staff/case`, { case: id }, this.caller, caseAnswer, { timeoutMs: 60_000 })
  }

  /**
   * A step of a case, with its documents in the caller's own word.
   * @param base how many steps the caller has seen
   * @param names of a step that names a party
   * @throws PlatformError `case_changed_meanwhile`, those of the node
   */
  step(
    { network, member, proof }: { network: string; member: MemberId; proof: PractitionerProof },
    { id, base, step, names }: { id: Bytes; base: number; step: string; names?: MemberId },
    written: readonly Written[],
  ): Promise<{ readonly payloadId: Bytes; readonly n: number }> {
    const documents = written.map(({ name, content }) => {
      const salt = randomBytes(32)
      const place = { network, case: id, n: base, name }
      const commitment = documentCommitment(salt, content)
      return { content, salt, word: signDocumentWord(place, member, commitment, proof, this.caller.seed) }
    })
    const question = { case: id, base, step, documents, ...(names !== undefined && { names }) }
    const options = { timeoutMs: 150_000 }
    return post(
      `${this.url}/staff/case/step`,
      question as unknown as Cbor,
      this.caller,
      caseStepAnswer,
      options,
    )
  }
}
