import {
  type AccessAnswer,
  type CustodianReport,
  type DisclosedAnswer,
  disclosedAnswer,
  type HistoryAnswer,
  mergeTimeline,
  post,
  postRaw,
} from "@aceso/client"
import { memberKeys, policies, recordLogs, recoveries } from "@aceso/contracts"
import {
  type AccessRequest,
  accessRequestAnswer,
  assembled,
  type Bytes,
  type Cbor,
  type ConsentCopy,
  checkAnswer,
  checkedDrugs,
  chunkHashes,
  decodeCbor,
  decodeChunk,
  decodeSealed,
  drugContents,
  EMPTY_LOG,
  EXCHANGE_TAG,
  encodeCbor,
  type FetchRequest,
  isKeyValidAt,
  isSamePlace,
  lostOf,
  MAX_CLOCK_MS,
  MAX_PROMISE_MS,
  type Manifest,
  type MemberId,
  makeOneTimeKey,
  manifest as manifestSchema,
  type ObjectRef,
  orUndefined,
  PlatformError,
  type PractitionerProof,
  type RecordFilter,
  type ReleasedRecord,
  type SeenLog,
  type SignedGenesis,
  sealingInfo,
  seenBy,
  verifyPromise,
} from "@aceso/core"
import { keyOfHandle } from "../node/handle-keys.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Outbound } from "../node/outbound.ts"
import { KEEP_RECEIVED_MS } from "../recovery/returned.ts"
import type { Vault } from "../vault/vault.ts"
import { evidenceFor } from "./evidence-files.ts"
import { memberAt } from "./members.ts"
import { memberByKey } from "./practitioners.ts"
import type { Promises } from "./promises.ts"
import { withRekeyed } from "./rekeyed.ts"
import {
  joined,
  linesOf,
  NOT_PROMISED,
  NOTHING,
  namedApart,
  type OneAnswer,
  REFUSALS,
  reportOf,
  UNWATCHED,
} from "./report.ts"

export interface Asked {
  readonly custodian: MemberId
  readonly handle: Bytes
  readonly nonce: Bytes
  readonly time: number
  readonly signature: Bytes
  readonly since?: SeenLog
}

/** So often one custodian is asked for the rest of its part; it logs each, and each promise is watched. */
const MAX_ASKS = 16

/** Contents of the custodians' records in one history; what has no room is named, and asked for on its own. */
const HISTORY_BYTES = 64 * 2 ** 20

/** Asks custodians for records and checks what they answer against this node's own ledger. */
export class Requester {
  private readonly ledger: LedgerClient
  private readonly genesis: SignedGenesis
  private readonly promises: Promises
  private readonly vault: Vault
  private readonly outbound: Outbound
  timeoutMs = 20_000

  constructor(
    ledger: LedgerClient,
    genesis: SignedGenesis,
    promises: Promises,
    vault: Vault,
    outbound: Outbound,
  ) {
    this.ledger = ledger
    this.genesis = genesis
    this.promises = promises
    this.vault = vault
    this.outbound = outbound
  }

  /** Fetches from every custodian and merges. One that fails makes the history incomplete, which is said. */
  async history(
    asked: readonly Asked[],
    purpose: FetchRequest["purpose"],
    practitioner: PractitionerProof,
    consents: readonly ConsentCopy[],
    own: Pick<OneAnswer, "lines" | "drugs">,
    filter?: RecordFilter,
  ): Promise<Omit<HistoryAnswer, "joined" | "lost" | "notices" | "own">> {
    const answers = await Promise.all(
      asked.map((one) => {
        const copies = consents.filter((copy) => isSamePlace(copy, one))
        return this.fetch(one, purpose, practitioner, copies, filter, HISTORY_BYTES / asked.length)
      }),
    )
    return {
      timeline: mergeTimeline(
        [...own.lines, ...answers.flatMap(({ lines }, i) => namedApart(lines, asked[i], asked))],
        [...own.drugs, ...answers.flatMap(({ drugs }) => drugs)],
      ),
      custodians: await withRekeyed(
        this.ledger,
        answers.map(({ report }) => report),
      ),
      isComplete: answers.every(({ report }) => report.outcome === "answered" && report.later === 0),
      evidence: answers.flatMap(({ evidence }) => evidence),
    }
  }

  /** Asks again for what had no room in an answer, as long as there is room for it here. */
  private async fetch(
    asked: Asked,
    purpose: FetchRequest["purpose"],
    proof: PractitionerProof,
    copies: readonly ConsentCopy[],
    filter: RecordFilter | undefined,
    roomBytes: number,
  ): Promise<OneAnswer> {
    let parts: OneAnswer[] = []
    let room = roomBytes
    let since = asked.since
    for (let asks = 1; ; asks++, since = parts.at(-1)?.report.seen) {
      const part = await this.fetchPart({ ...asked, since }, purpose, proof, copies, filter)
      // It began anew: the policy has changed meanwhile.
      if (part.report.outcome === "answered" && part.report.from !== (since?.log.size ?? 0)) parts = []
      parts.push(part)
      for (const { content } of part.lines) room -= content?.length ?? 0
      const { outcome, later, seen } = part.report
      if (outcome !== "answered" || later === 0 || !seen || room <= 0 || asks === MAX_ASKS)
        return joined(parts)
    }
  }

  private async fetchPart(
    asked: Asked,
    purpose: FetchRequest["purpose"],
    proof: PractitionerProof,
    copies: readonly ConsentCopy[],
    filter: RecordFilter | undefined,
  ): Promise<OneAnswer> {
    const { custodian, handle, since } = asked
    try {
      const wanted = { ...(filter && { filter }), ...(since && { since }) }
      const { request, manifest, rest, minHeight } = await this.ask(asked, purpose, proof, wanted)
      const named = manifest.body.drugs?.length ? rest.pop() : undefined
      const drugs = checkedDrugs(manifest.body, named ? drugContents.parse(decodeCbor(named), "drugs") : [])
      const answer = await this.check(request, manifest, rest.flatMap(decodeChunk), minHeight, copies)
      return answer.lines.length > 0
        ? { ...answer, drugs: drugs.map((one) => ({ ...one, custodian })) }
        : answer
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      const outcome = REFUSALS.has(error.code) ? "refused" : "failed"
      const findings = outcome === "refused" ? await this.watchPromiseOf(error, custodian) : []
      const empty = { custodian, handle, ...NOTHING }
      return {
        report: { ...empty, outcome, code: error.code, detail: error.message, findings },
        lines: [],
        drugs: [],
        evidence: [],
      }
    }
  }

  /**
   * A large object of a record that this custodian released, or a Binary to which the record refers by url.
   * @throws PlatformError what the custodian answers; `object_differs` when it is not what the record committed to, or
   *   the custodian signed; `bad_answer`
   */
  async object(
    asked: Asked,
    purpose: FetchRequest["purpose"],
    proof: PractitionerProof,
    index: number,
    wanted: ObjectRef | { readonly reference: string },
  ): Promise<{ readonly content: Bytes; readonly report: CustodianReport }> {
    const question =
      "root" in wanted
        ? { object: { index, root: wanted.root } }
        : { file: { index, reference: wanted.reference } }
    try {
      const { request, manifest, rest, minHeight } = await this.ask(asked, purpose, proof, question)
      const { report } = await this.check(request, manifest, [], minHeight, [])
      const [hashes, ...chunks] = rest
      // What a url means the custodian alone says: where its word does not hold, nothing does.
      const [wrong] = report.findings.filter(({ kind }) => kind !== UNWATCHED.kind)
      const ref = "root" in wanted ? wanted : wrong ? undefined : manifest.body.object
      if (!ref) throw new PlatformError("bad_answer", `its word for the file does not hold: ${wrong?.detail}`)
      const content = assembled(ref, chunkHashes.parse(decodeCbor(hashes), "hashes"), chunks)
      return { content, report }
    } catch (error) {
      if (error instanceof PlatformError && REFUSALS.has(error.code))
        await this.watchPromiseOf(error, asked.custodian)
      throw error
    }
  }

  private async ask(
    asked: Asked,
    purpose: FetchRequest["purpose"],
    proof: PractitionerProof,
    wanted: Pick<FetchRequest, "filter" | "since" | "object" | "file">,
  ) {
    const { custodian, handle, time, nonce, signature } = asked
    const key = await makeOneTimeKey()
    const minHeight = await this.minHeight()
    const request: FetchRequest = {
      network: this.ledger.engine.network,
      custodian,
      handle,
      purpose,
      time,
      nonce,
      practitioner: { proof, signature },
      suite: key.suite,
      oneTimeKey: key.publicKey,
      ...wanted,
    }
    const { url, keys } = await memberAt(this.ledger.engine, custodian)
    const { body } = await postRaw(
      `${url}/exchange/fetch`,
      encodeCbor(request as unknown as Cbor),
      this.caller(),
      { responderKeys: keys, timeoutMs: this.timeoutMs, fetch: this.outbound.fetch },
    )
    const [first, ...rest] = await key.open(sealingInfo(request, this.ledger.member), decodeSealed(body))
    return { request, manifest: manifestSchema.parse(decodeCbor(first), "manifest"), rest, minHeight }
  }

  private async check(
    request: FetchRequest,
    manifest: Manifest,
    records: readonly ReleasedRecord[],
    minHeight: number,
    copies: readonly ConsentCopy[],
  ): Promise<OneAnswer> {
    const { engine } = this.ledger
    const { body } = manifest
    const place = [request.custodian, request.handle] as const
    const status = await engine.status()
    const height = Math.min(body.height, status.checkpoint.height)
    const [signer, keyRow, log = EMPTY_LOG, policy, handleKey, recovered] = await Promise.all([
      memberByKey(engine, manifest.key).catch(() => undefined),
      engine.read(memberKeys, [manifest.key], height),
      engine.read(recordLogs, [...place], height),
      engine.read(policies, [...place], height),
      keyOfHandle(engine, request.custodian, request.handle, height),
      engine.read(recoveries, [request.custodian], height),
    ])
    const view = {
      network: engine.network,
      // Now, and when it signed, as whoever reads evidence of it will ask.
      signer: keyRow && isKeyValidAt(keyRow, body.time) ? signer?.member : undefined,
      log,
      lost: lostOf(log, recovered?.all ?? []),
      policy,
      handleKey,
      height: status.checkpoint.height,
      minHeight,
    }
    const consent = copies.find(({ version }) => version === body.policyVersion)
    const checked = checkAnswer(request, this.ledger.member, manifest, records, view, consent)
    const files = await evidenceFor(engine, this.genesis, manifest, records, checked.findings)
    if (checked.findings.some(({ kind }) => kind === "promise_missing" || kind === "wrong_manifest"))
      return {
        report: reportOf(manifest, { ...checked, lines: [] }, []),
        lines: [],
        drugs: [],
        evidence: files,
      }
    const report = reportOf(manifest, checked, recovered?.all ?? [], seenBy(manifest, checked))
    const unwatched = await this.keep(manifest, encodeCbor(body as unknown as Cbor))
    return {
      report: { ...report, findings: [...report.findings, ...unwatched] },
      lines: linesOf(manifest, checked),
      drugs: [],
      evidence: files,
    }
  }

  /** Sends each custodian its own statement of a card, with which it keeps the request for the patient. */
  async request(requests: readonly AccessRequest[]): Promise<AccessAnswer["outcomes"]> {
    const outcomes = requests.map(async (request): Promise<AccessAnswer["outcomes"][number]> => {
      const { custodian } = request.statement
      try {
        const { url, keys } = await memberAt(this.ledger.engine, custodian)
        const { outcome, requestId } = await post(
          `${url}/exchange/request`,
          request as unknown as Cbor,
          this.caller(),
          accessRequestAnswer,
          { responderKeys: keys, timeoutMs: this.timeoutMs, fetch: this.outbound.fetch },
        )
        const detail =
          outcome === "pending"
            ? "no consent permits this yet; the request waits for the patient"
            : "the patient's policy permits it already"
        return {
          custodian,
          outcome,
          code: outcome === "pending" ? "policy_missing" : "permitted",
          detail,
          requestId,
        }
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        return {
          custodian,
          outcome: "failed",
          code: error.code,
          detail: error.message,
          requestId: request.requestId,
        }
      }
    })
    return Promise.all(outcomes)
  }

  /** The height that an honest custodian has by the time it answers; validators lag by a few blocks. */
  private async minHeight(): Promise<number> {
    const { engine, checkpoint } = await this.ledger.engine.status()
    return engine === "embedded" ? checkpoint.height : Math.max(0, checkpoint.height - LAG_BLOCKS)
  }

  /**
   * The promise is watched, and what opens its entry is kept, should the custodian lose it (PRIVACY.md, Recovery).
   * @param body the manifest's; null: a denial
   * @returns a finding where there is no room to watch it
   */
  private keep(disclosed: DisclosedAnswer, body: Bytes | null): Promise<CustodianReport["findings"]> {
    const { promise, auditEvent, auditSalt } = disclosed
    const { tag, custodian } = promise
    return this.vault.atomically(async () => {
      const receivedAt = Date.now()
      await this.vault.forgetReceived(receivedAt - KEEP_RECEIVED_MS)
      await this.vault.keepReceived({ tag, custodian, receivedAt, auditEvent, auditSalt, body })
      return (await this.promises.watch(promise)) ? [] : [UNWATCHED]
    })
  }

  /** Of a denial that was logged; what a custodian sends in its place must neither stop nor fill anything here. */
  private async watchPromiseOf(
    error: PlatformError,
    custodian: MemberId,
  ): Promise<CustodianReport["findings"]> {
    const { more } = error.details
    if (!(more instanceof Uint8Array)) return []
    const told = orUndefined(["bad_input", "bad_cbor", "too_deep"], () =>
      disclosedAnswer.parse(decodeCbor(more), "denial"),
    )
    const isValid =
      told !== undefined &&
      told.promise.custodian === custodian &&
      told.promise.includeBy <= Date.now() + MAX_PROMISE_MS + MAX_CLOCK_MS &&
      verifyPromise(told.promise, this.ledger.engine.network)
    return isValid ? this.keep(told, null) : [NOT_PROMISED]
  }

  private caller() {
    return { seed: this.ledger.seed, tag: EXCHANGE_TAG }
  }
}

const LAG_BLOCKS = 5
