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
  type MemberId,
  makeEnvelope,
  makePull,
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
import { type Caller, post } from "./http.ts"
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

  /**
   * Opens a case, paid for by a sponsor, and hands the first documents over.
   * @param members who takes part from the beginning, by party
   * @param sponsor the node of the member that pays
   */
  async open(
    place: PatientPlace,
    process: Process,
    members: Readonly<Record<string, MemberId>>,
    written: readonly Written[],
    sponsor: { readonly url: string; readonly key: Bytes },
  ): Promise<OwnCase> {
    const { next: j } = await this.all(place)
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
      [key, sponsor.key as never],
    )
    const question = { payload, signature: signPayload(payload, seed) }
    await post(`${sponsor.url}/case/sponsor`, question, { seed, tag: "none" }, submitAnswer)
    const own = { place, id: caseId(minute, key, random), j }
    for (const { name, document } of documents) await this.deliver(own, place.url, 0, name, document)
    return own
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
   * Does a step with the case's key, and hands its documents to the parties that are members.
   * @param names of a step that names a party
   */
  async step(
    found: OwnCaseNow,
    step: string,
    written: readonly Written[],
    urlOf: (member: MemberId) => Promise<string>,
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
    if (rejection !== null)
      throw new PlatformError(rejection, `the ledger refused the step ${step}: ${rejection}`)
    const members = new Set([
      ...found.row.parties.flatMap(({ member }) => member ?? []),
      ...(names ? [names] : []),
    ])
    for (const member of members)
      for (const { name, document } of documents)
        await this.deliver(found, await urlOf(member), n, name, document)
    return { n }
  }

  /**
   * A document that a member wrote, held against the ledger.
   * @param directoryOf the root of a member's directory at a time
   * @throws PlatformError `document_refused`, those of the node
   */
  async pull(
    found: OwnCaseNow,
    { n, name }: { readonly n: number; readonly name: string },
    url: string,
    directoryOf: (member: MemberId, time: number) => Promise<Bytes>,
  ): Promise<CaseDocument> {
    const step = found.steps[n]
    const committed = step?.documents.find((one) => one.name === name)
    const author = found.row.parties.find(({ party }) => party === step?.party)
    if (!committed || !author) throw new PlatformError("unknown_document", `there is no ${name} in step ${n}`)
    const place = { network: this.network, case: found.id, n, name }
    const { question, open } = await makePull(place, publicKey(this.seedOf(found)))
    const caller = this.callerOf(found)
    const sealed = await post(`${url}/case/document`, question as unknown as Cbor, caller, sealedAnswer)
    const document = await open(sealed)
    const fault = documentFault(document, {
      place,
      commitment: committed.commitment,
      at: step.at,
      ...(author.member !== null && {
        member: { member: author.member, directory: await directoryOf(author.member, step.at) },
      }),
    })
    if (fault)
      throw new PlatformError("document_refused", `the document is not what was committed (${fault})`)
    return document
  }
}

/** With a salt of its own, and nobody's word: the case key signs the step. */
function sealedIn({ name, content }: Written) {
  const salt = randomBytes(32)
  return { name, document: { content, salt, word: null }, commitment: documentCommitment(salt, content) }
}
