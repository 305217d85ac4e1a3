import {
  type Bytes,
  CASE_TAG,
  type CaseDocument,
  type CaseRow,
  type CaseStepRow,
  type Cbor,
  caseId,
  caseKeyRow,
  caseRow,
  caseSeed,
  caseStepRow,
  documentCommitment,
  documentFault,
  encodeCbor,
  handleSeed,
  type MemberId,
  makeEnvelope,
  makePull,
  makeStock,
  PlatformError,
  type Process,
  payloadOf,
  publicKey,
  randomBytes,
  rowsAnswer,
  type Standing,
  sealedAnswer,
  signPayload,
  standingAt,
} from "@aceso/core"
import { type Caller, patientCaller, post } from "./http.ts"
import { LedgerMembers } from "./ledger-members.ts"
import type { LedgerProofs } from "./ledger-proofs.ts"
import type { PatientPlace } from "./patient-place.ts"
import { PublicClient } from "./public-client.ts"
import { okAnswer, submitAnswer } from "./schemas.ts"

/** Keys that are looked for at once; a gap of so many unused ones is taken for the end. */
const STOCK = 64
const LIFETIME_MS = 120_000
const MINUTE_MS = 60_000

/** A case of the person: its id, and the number of the key that opened it. */
export interface OwnCase {
  readonly place: PatientPlace
  readonly id: Bytes
  readonly j: number
}

export interface OwnCaseNow extends OwnCase {
  readonly row: CaseRow
  readonly process: Process
  readonly standing: Standing
  readonly steps: readonly CaseStepRow[]
}

/** What is written, in one step. */
export interface Written {
  readonly name: string
  readonly content: Bytes
}

/**
 * Cases of a person (CAPABILITIES.md, Cases). Every case has a key of its own, derived from the seed, so that a seed which
 * was restored finds them all again; what the ledger says is believed by proofs.
 */
export class CaseClient {
  private readonly network: string
  private readonly seed: Bytes
  private readonly proofs: LedgerProofs
  private readonly processes: readonly Process[]

  constructor(options: {
    readonly network: string
    readonly seed: Bytes
    readonly proofs: LedgerProofs
    readonly processes: readonly Process[]
  }) {
    this.network = options.network
    this.seed = options.seed
    this.proofs = options.proofs
    this.processes = options.processes
  }

  private seedOf({ place: { custodian, handle }, j }: Pick<OwnCase, "place" | "j">): Bytes {
    return caseSeed(this.seed, custodian, handle, j)
  }

  /** What the ledger says of members, as the place's node shows it. */
  membersOf({ url }: PatientPlace): LedgerMembers {
    return new LedgerMembers(this.proofs, new PublicClient(url))
  }

  private callerOf(one: Pick<OwnCase, "place" | "j">): Caller {
    return { seed: this.seedOf(one), tag: CASE_TAG }
  }

  /** All cases that the person opened at a custodian, and the number of the next key. */
  async all(place: PatientPlace): Promise<{ readonly cases: readonly OwnCase[]; readonly next: number }> {
    const client = new PublicClient(place.url)
    const cases: OwnCase[] = []
    let next = 0
    for (let from = 0; from < next + STOCK; from += STOCK) {
      const numbers = Array.from({ length: STOCK }, (_, i) => from + i)
      const keys = numbers.map((j) => [publicKey(this.seedOf({ place, j }))])
      const rows = await this.proofs.rows(client, "caseKeys", keys)
      rows.forEach((row, i) => {
        if (!row) return
        cases.push({ place, id: caseKeyRow(row), j: numbers[i] })
        next = numbers[i] + 1
      })
    }
    return { cases, next }
  }

  /** Leaves the next keys with a custodian: by them it knows whose case it is, and nobody else does. */
  private async leaveKeys(place: PatientPlace, from: number): Promise<void> {
    const { custodian, handle, keyNumber } = place
    const seed = handleSeed(this.seed, custodian, handle, keyNumber)
    const { network } = this
    const stock = makeStock(this.seed, seed, { network, custodian, handle, from, count: STOCK })
    const question = { handle, stock } as unknown as Cbor
    await post(`${place.url}/patient/case-keys`, question, patientCaller(seed, place), okAnswer)
  }

  /**
   * Opens a case, paid for by a sponsor, and hands the first documents over.
   * @param members who takes part from the beginning, by party
   * @param sponsor the member that pays
   * @throws PlatformError `case_not_opened`: the ledger refused it; those of the nodes
   */
  async open(
    place: PatientPlace,
    process: Process,
    members: Readonly<Record<string, MemberId>>,
    written: readonly Written[],
    sponsor: MemberId,
  ): Promise<OwnCase> {
    const there = this.membersOf(place)
    const [url, sponsorKey] = await Promise.all([there.urlOf(sponsor), there.keyOf(sponsor)])
    const { next: j } = await this.all(place)
    await this.leaveKeys(place, j)
    const seed = this.seedOf({ place, j })
    const key = publicKey(seed)
    const minute = Math.floor(Date.now() / MINUTE_MS)
    const random = randomBytes(32)
    const documents = written.map(sealedIn)
    const payload = payloadOf(
      {
        network: this.network,
        contract: "cases",
        action: "open",
        input: {
          process: process.name,
          minute,
          random,
          parties: [
            { party: process.opens.by, key },
            ...Object.entries(members).map(([party, member]) => ({ party, member })),
          ],
          documents: documents.map(({ commitment }) => commitment),
          capabilities: [],
        },
        expiry: Date.now() + LIFETIME_MS,
      },
      [key, sponsorKey],
    )
    const question = { payload, signature: signPayload(payload, seed) }
    const { rejection } = await post(`${url}/case/sponsor`, question, { seed, tag: "none" }, submitAnswer)
    if (rejection !== null) throw rejected(rejection, "the case was not opened")
    const own = { place, id: caseId(minute, key, random), j }
    await this.handOver(own, 0, documents, Object.values(members))
    return own
  }

  /** Hands documents of an own step to members. @throws PlatformError `not_handed_over` */
  private async handOver(
    one: OwnCase,
    n: number,
    documents: readonly { readonly name: string; readonly document: CaseDocument }[],
    members: readonly MemberId[],
  ): Promise<void> {
    const there = this.membersOf(one.place)
    for (const member of new Set(members))
      try {
        const url = await there.urlOf(member)
        for (const { name, document } of documents) await this.deliver(one, url, n, name, document)
      } catch (cause) {
        if (!(cause instanceof PlatformError)) throw cause
        throw new PlatformError(
          "not_handed_over",
          `the ledger has the step, and ${member} did not take what belongs to it (${cause.message})`,
          { cause },
        )
      }
  }

  /** Hands a document of the own step to another party's node. */
  async deliver(one: OwnCase, url: string, n: number, name: string, document: CaseDocument): Promise<void> {
    const question = { case: one.id, n, name, document } as unknown as Cbor
    await post(`${url}/case/deliver`, question, this.callerOf(one), okAnswer)
  }

  /** As the ledger has it now. @throws PlatformError `unknown_case`, `bad_proof` */
  async now(one: OwnCase, now = Date.now()): Promise<OwnCaseNow> {
    const [found] = await this.rows(one, "cases", [[one.id]])
    const row = found && caseRow(found)
    const process =
      row && this.processes.find(({ name, version }) => name === row.process && version === row.version)
    if (!row || !process)
      throw new PlatformError(
        "unknown_case",
        "there is no such case, or its process is not known here; update",
      )
    const keys = Array.from({ length: row.size }, (_, n) => [one.id, n])
    const steps = await this.rows(one, "caseSteps", keys)
    return {
      ...one,
      row,
      process,
      standing: standingAt(process, row, now),
      steps: steps.flatMap((step) => (step ? [caseStepRow(step)] : [])),
    }
  }

  /** Rows for the case's key, with proofs. */
  private async rows(
    one: OwnCase,
    table: string,
    keys: readonly (readonly Cbor[])[],
  ): Promise<(Bytes | null)[]> {
    const caller = this.callerOf(one)
    const { url } = one.place
    return this.proofs.rows(
      {
        url,
        genesis: () => new PublicClient(url).genesis(),
        prove: (table, keys) => {
          const question = { table, keys: keys.map((key) => key.map((part) => encodeCbor(part))), height: 0 }
          return post(`${url}/case/rows`, question, caller, rowsAnswer)
        },
      },
      table,
      keys,
    )
  }

  /**
   * Does a step with the case's key, and hands its documents to the parties that are members. A member that the step
   * names gets the person's earlier documents as well: it is to decide by all of them.
   * @param names of a step that names a party
   * @throws PlatformError `not_handed_over`; Rejection of the contract
   */
  async step(
    found: OwnCaseNow,
    step: string,
    written: readonly Written[],
    names?: MemberId,
  ): Promise<{ readonly n: number }> {
    const documents = written.map(sealedIn)
    const n = found.row.size
    const { bytes } = makeEnvelope(
      {
        network: this.network,
        contract: "cases",
        action: "step",
        input: {
          case: found.id,
          base: n,
          step,
          documents: documents.map(({ commitment }) => commitment),
          ...(names !== undefined && { names }),
        },
        expiry: Date.now() + LIFETIME_MS,
      },
      [this.seedOf(found)],
    )
    const { rejection } = await new PublicClient(found.place.url).submit(bytes)
    if (rejection !== null) throw rejected(rejection, `the step ${step} was not done`)
    const members = found.row.parties.flatMap(({ member }) => member ?? [])
    await this.handOver(found, n, documents, [...members, ...(names === undefined ? [] : [names])])
    if (names !== undefined) await this.handOverAll(found, names)
    return { n }
  }

  /** The own documents of all steps so far, for a member that takes part from now on. */
  private async handOverAll(found: OwnCaseNow, member: MemberId): Promise<void> {
    for (const [n, { party, documents }] of found.steps.entries()) {
      if (found.row.parties.find((one) => one.party === party)?.key === null) continue
      const own = []
      for (const { name } of documents) own.push({ name, document: await this.document(found, n, name) })
      await this.handOver(found, n, own, [member])
    }
  }

  /**
   * A document of the case, held against the ledger: from the member that wrote it, an own one from a member that has it.
   * @throws PlatformError `unknown_document`, `document_refused`, those of the node
   */
  async document(found: OwnCaseNow, n: number, name: string): Promise<CaseDocument> {
    const step = found.steps[n]
    const committed = step?.documents.find((one) => one.name === name)
    const author = found.row.parties.find(({ party }) => party === step?.party)
    if (!committed || !author) throw new PlatformError("unknown_document", `there is no ${name} in step ${n}`)
    const members = found.row.parties.flatMap(({ member }) => member ?? [])
    let fault: unknown = new PlatformError("document_not_here", "no member of the case has the document")
    for (const member of author.member === null ? members : [author.member])
      try {
        return await this.pull(found, { ...committed, n, author: author.member, at: step.at }, member)
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        fault = error
      }
    throw fault
  }

  private async pull(
    found: OwnCaseNow,
    { n, name, commitment, at, author }: Committed,
    from: MemberId,
  ): Promise<CaseDocument> {
    const there = this.membersOf(found.place)
    const place = { network: this.network, case: found.id, n, name }
    const { question, open } = await makePull(place, publicKey(this.seedOf(found)))
    const url = `${await there.urlOf(from)}/case/document`
    const sealed = await post(url, question as unknown as Cbor, this.callerOf(found), sealedAnswer)
    const { document } = await open(sealed)
    const member = author !== null && { member: author, directory: await there.directoryAt(author, at) }
    const fault = documentFault(document, { place, commitment, at, ...(member && { member }) })
    if (fault)
      throw new PlatformError("document_refused", `the document is not what was committed (${fault})`)
    return document
  }
}

/** A document as the ledger has it in a step; `author`: the member that did the step, null: a key. */
interface Committed {
  readonly n: number
  readonly name: string
  readonly commitment: Bytes
  readonly at: number
  readonly author: MemberId | null
}

const rejected = (code: string, what: string) =>
  new PlatformError(code, `${what}: the ledger refused it (${code})`)

/** With a salt of its own, and nobody's word: the case key signs the step. */
function sealedIn({ name, content }: Written) {
  const salt = randomBytes(32)
  return { name, document: { content, salt, word: null }, commitment: documentCommitment(salt, content) }
}
