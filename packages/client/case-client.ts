import {
  type Bytes,
  type CaseDocument,
  type Cbor,
  caseId,
  caseKeyRow,
  caseRow,
  caseStepRow,
  documentCommitment,
  type MemberId,
  makeEnvelope,
  PlatformError,
  type Process,
  payloadOf,
  publicKey,
  randomBytes,
  rowsAnswer,
  signPayload,
  standingAt,
} from "@aceso/core"
import { type DocumentPlace, demandMissing } from "./case-demands.ts"
import { type Handing, handOver, lackingOf } from "./case-handing.ts"
import { documentOf } from "./case-pulls.ts"
import { isRefusal, notSent, refusalOf } from "./case-refusals.ts"
import { CaseSeeds, STOCK } from "./case-seeds.ts"
import { type Device, forgetfulDevice } from "./device.ts"
import { post } from "./http.ts"
import { LedgerMembers } from "./ledger-members.ts"
import { type LedgerProofs, rowsAt } from "./ledger-proofs.ts"
import { submitAnswer } from "./node-schemas.ts"
import { Outbox } from "./outbox.ts"
import type { OwnCase, OwnCaseNow, Written } from "./own-case.ts"
import type { PatientPlace } from "./patient-place.ts"
import { PublicClient } from "./public-client.ts"
import { okAnswer } from "./schemas.ts"

const LIFETIME_MS = 120_000
const MINUTE_MS = 60_000

/**
 * Cases of a person (CAPABILITIES.md, Cases). Every case has a key of its own, derived from the seed, so that a seed which
 * was restored finds them all again; what the ledger says is believed by proofs.
 */
export class CaseClient {
  private readonly network: string
  private readonly seeds: CaseSeeds
  private readonly isDelegate: boolean
  private readonly proofs: LedgerProofs
  private readonly processes: readonly Process[]
  private readonly outbox: Outbox
  private readonly alsoAsk: readonly string[]

  constructor(options: {
    readonly network: string
    readonly seed: Bytes
    /** It acts for somebody else, by `keyOf`. */
    readonly isDelegate?: boolean
    /** The seed of the key by which the device calls the place; without it the handle's own. */
    readonly keyOf?: (place: PatientPlace) => Bytes
    readonly proofs: LedgerProofs
    readonly processes: readonly Process[]
    /** What it remembers of what it wrote; without one it forgets with the process. */
    readonly device?: Device
    /** Other nodes that may be asked for a case's rows, and be told of a step, where its own place does not do it. */
    readonly alsoAsk?: readonly string[]
  }) {
    this.network = options.network
    this.isDelegate = options.isDelegate ?? false
    this.seeds = new CaseSeeds(options)
    this.proofs = options.proofs
    this.processes = options.processes
    this.outbox = new Outbox(options.device ?? forgetfulDevice())
    this.alsoAsk = options.alsoAsk ?? []
  }

  /** What the ledger says of members, as the place's node shows it. */
  membersOf({ url }: PatientPlace): LedgerMembers {
    return new LedgerMembers(this.proofs, new PublicClient(url))
  }

  /**
   * All cases that the person opened at a custodian, of whichever process, and the number of the next key. The keys that
   * were used are left there again, in case it has lost them.
   */
  async all(place: PatientPlace): Promise<{ readonly cases: readonly OwnCase[]; readonly next: number }> {
    const client = new PublicClient(place.url)
    const cases: OwnCase[] = []
    let next = 0
    for (let from = 0; from < next + STOCK; from += STOCK) {
      const numbers = Array.from({ length: STOCK }, (_, i) => from + i)
      const keys = numbers.map((j) => [publicKey(this.seeds.of({ place, j }))])
      const rows = await this.proofs.rows(client, "caseKeys", keys)
      rows.forEach((row, i) => {
        if (!row) return
        cases.push({ place, id: caseKeyRow(row), j: numbers[i] })
        next = numbers[i] + 1
      })
    }
    for (let from = 0; from < next; from += STOCK)
      // A custodian that does not take them now gets them the next time.
      await this.seeds.leave(place, from).catch(later)
    return { cases, next }
  }

  /**
   * Opens a case, paid for by a sponsor, and hands the first documents over.
   * @param members who takes part from the beginning, by party
   * @param sponsor the member that pays
   * @throws PlatformError `not_handed_over`, those of the nodes; Rejection of the contract
   */
  async open(
    place: PatientPlace,
    process: Process,
    members: Readonly<Record<string, MemberId>>,
    written: readonly Written[],
    sponsor: MemberId,
  ): Promise<OwnCase> {
    const other = Object.values(members).find((member) => member !== place.custodian)
    if (this.isDelegate && other !== undefined)
      throw new PlatformError(
        "not_permitted",
        `a delegate acts at ${place.custodian} alone, and begins nothing with ${other}`,
      )
    const there = this.membersOf(place)
    const [url, sponsorKey] = await Promise.all([there.urlOf(sponsor), there.keyOf(sponsor)])
    const { next: j } = await this.all(place)
    await this.seeds.leave(place, j)
    const seed = this.seeds.of({ place, j })
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
        expiry: lifetime(),
      },
      [key, sponsorKey],
    )
    const own = { place, id: caseId(minute, key, random), j }
    await this.remember(own, 0, documents, Object.values(members))
    const question = { payload, signature: signPayload(payload, seed) }
    const refusal = await refusalOf(async () => {
      const caller = { seed, tag: "none" }
      return (await post(`${url}/case/sponsor`, question, caller, submitAnswer)).rejection
    })
    if (refusal) {
      await this.outbox.drop(own.id, 0)
      throw notSent(refusal, "the case was not opened")
    }
    await handOver(this.handing(own))
    return own
  }

  /** Before the step is sent: whatever becomes of it, what was written is not lost. */
  private remember(
    { id }: OwnCase,
    n: number,
    documents: readonly { readonly name: string; readonly document: CaseDocument }[],
    owed: readonly MemberId[],
  ): Promise<void> {
    return this.outbox.keep(
      documents.map(({ name, document }) => ({ case: id, n, name, document, owed: [...new Set(owed)] })),
    )
  }

  private handing(one: OwnCase): Handing {
    return {
      ...{ case: one.id, place: one.place, outbox: this.outbox, there: this.membersOf(one.place) },
      caller: this.seeds.callerOf(one),
      deliver: (url, n, name, document) => this.deliver(one, url, n, name, document),
    }
  }

  /** Hands a document of the own step to another party's node. */
  async deliver(one: OwnCase, url: string, n: number, name: string, document: CaseDocument): Promise<void> {
    const question = { case: one.id, n, name, document } as unknown as Cbor
    await post(`${url}/case/deliver`, question, this.seeds.callerOf(one), okAnswer)
  }

  /** As the ledger has it now. @throws PlatformError `unknown_case`, `bad_proof` */
  async now(one: OwnCase, now = Date.now()): Promise<OwnCaseNow> {
    await handOver(this.handing(one)).catch(later)
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
    const shown = {
      ...one,
      row,
      process,
      standing: standingAt(process, row, now),
      steps: steps.flatMap((step) => (step ? [caseStepRow(step)] : [])),
    }
    if (!shown.standing.isEnded) await this.handAgain(shown).catch(later)
    return shown
  }

  /** Rows for the case's key, with proofs. */
  private async rows(
    one: OwnCase,
    table: string,
    keys: readonly (readonly Cbor[])[],
  ): Promise<(Bytes | null)[]> {
    const caller = this.seeds.callerOf(one)
    return this.atAny(one, (url) =>
      this.proofs.rows(
        rowsAt(url, (question) => post(`${url}/case/rows`, question as unknown as Cbor, caller, rowsAnswer)),
        table,
        keys,
      ),
    )
  }

  /** At the case's own place, or where that one does not do it at another node: what is asked is proven or signed. */
  private async atAny<T>({ place }: Pick<OwnCase, "place">, ask: (url: string) => Promise<T>): Promise<T> {
    let fault: unknown
    for (const url of new Set([place.url, ...this.alsoAsk]))
      try {
        return await ask(url)
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        fault ??= error
      }
    throw fault
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
    const members = found.row.parties.flatMap(({ member }) => member ?? [])
    // Whom the step names comes first: it is to get it also where the others refuse.
    await this.remember(found, n, documents, [...(names === undefined ? [] : [names]), ...members])
    if (names !== undefined) await this.oweAll(found, names)
    const refusal = await this.submit(found, "step", {
      ...{ case: found.id, base: n, step },
      documents: documents.map(({ commitment }) => commitment),
      ...(names !== undefined && { names }),
    })
    if (refusal) {
      await this.outbox.drop(found.id, n, names !== undefined && members.includes(names) ? undefined : names)
      throw notSent(refusal, `the step ${step} was not done`)
    }
    await handOver(this.handing(found))
    return { n }
  }

  /** Signs with the case's key. @returns why it does not hold; undefined: it does */
  private async submit(
    one: OwnCase,
    action: "step" | "demand" | "meet",
    input: { readonly [name: string]: Cbor },
  ): Promise<PlatformError | undefined> {
    const payload = { network: this.network, contract: "cases", action, input, expiry: lifetime() }
    const { bytes } = makeEnvelope(payload, [this.seeds.of(one)])
    let fault: unknown
    const refusal = await refusalOf(() =>
      this.atAny(one, async (url) => {
        try {
          return (await new PublicClient(url).submit(bytes)).rejection
        } catch (error) {
          // Another one that refuses it afterwards does not undo what this one may have sent.
          if (!isRefusal(error)) fault ??= error
          throw error
        }
      }),
    )
    if (refusal && fault !== undefined) throw fault
    return refusal
  }

  /**
   * Demands on the ledger what members of the case committed and do not hand over.
   * @returns what is demanded now
   * @throws PlatformError those of the nodes; the rejection of the contract
   */
  demand(found: OwnCaseNow): Promise<readonly DocumentPlace[]> {
    return demandMissing({
      ...{ party: found.process.opens.by, row: found.row, steps: found.steps },
      document: ({ n, name }) => this.document(found, n, name),
      submit: async (action, { n, name }) => {
        const refusal = await this.submit(found, action, { case: found.id, n, name })
        if (refusal) throw notSent(refusal, `${name} of step ${n} was not demanded`)
      },
    })
  }

  /** The own documents of all steps so far, for a member that takes part from now on. */
  private async oweAll(found: OwnCaseNow, member: MemberId): Promise<void> {
    for (const [n, { party, documents }] of found.steps.entries()) {
      if (found.row.parties.find((one) => one.party === party)?.key === null) continue
      for (const { name } of documents) await this.owe(found, n, name, member)
    }
  }

  /** What members have lost since. */
  private async handAgain(found: OwnCaseNow): Promise<void> {
    const parts = this.handing(found)
    const lacking = await lackingOf(parts, found)
    for (const { n, name, by } of lacking) await this.owe(found, n, name, by)
    if (lacking.length > 0) await handOver(parts)
  }

  private async owe(found: OwnCaseNow, n: number, name: string, member: MemberId): Promise<void> {
    const place = { case: found.id, n, name }
    if (!(await this.outbox.of(place))) {
      const document = await this.document(found, n, name).catch(later)
      if (document) await this.remember(found, n, [{ name, document }], [])
    }
    await this.outbox.owe(place, member)
  }

  /**
   * A document of the case, held against the ledger.
   * @throws PlatformError `unknown_document`, `document_refused`, those of the node
   */
  document(found: OwnCaseNow, n: number, name: string): Promise<CaseDocument> {
    const { network, outbox } = this
    const parts = { network, outbox, there: this.membersOf(found.place), caller: this.seeds.callerOf(found) }
    return documentOf(parts, found, n, name)
  }
}

/** What a node does not do now is tried again when the case is looked at. */
function later(error: unknown): undefined {
  if (!(error instanceof PlatformError)) throw error
}

/** Of whole minutes: a device is not to be known by its clock. */
const lifetime = (): number => Math.ceil((Date.now() + LIFETIME_MS) / MINUTE_MS) * MINUTE_MS

/** With a salt of its own, and nobody's word: the case key signs the step. */
function sealedIn({ name, content }: Written) {
  const salt = randomBytes(32)
  return { name, document: { content, salt, word: null }, commitment: documentCommitment(salt, content) }
}
