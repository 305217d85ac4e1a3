import {
  type AccessAnswer,
  type CustodianReport,
  denialDetails,
  type HistoryAnswer,
  post,
  postRaw,
  type SourceLine,
} from "@aceso/client"
import { disclosures, handles, memberKeys, policies, recordLogs } from "@aceso/contracts"
import {
  type AccessRequest,
  type AnswerFinding,
  type Bytes,
  type Cbor,
  type CheckedAnswer,
  type ConsentCopy,
  checkAnswer,
  decodeCbor,
  decodeChunk,
  decodeSealed,
  EMPTY_FRONTIER,
  EXCHANGE_TAG,
  encodeCbor,
  equalBytes,
  evidence,
  type FetchRequest,
  fromBase64Url,
  type Infer,
  list,
  type Manifest,
  type MemberId,
  makeOneTimeKey,
  manifest as manifestSchema,
  object,
  oneOf,
  PlatformError,
  type PractitionerProof,
  promise as promiseSchema,
  type ReleasedRecord,
  type SignedGenesis,
  sealingInfo,
  supersededIndexes,
  toBase64Url,
} from "@aceso/core"
import type { ProvenRow } from "@aceso/ledger"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Vault } from "../vault/vault.ts"
import { memberAt } from "./members.ts"
import { memberByKey } from "./practitioners.ts"
import { mergeTimeline } from "./timeline.ts"

export interface Asked {
  readonly custodian: MemberId
  readonly handle: Bytes
  readonly nonce: Bytes
  readonly time: number
  readonly signature: Bytes
}

interface OneAnswer {
  readonly report: CustodianReport
  readonly lines: readonly SourceLine[]
  readonly evidence: readonly { readonly name: string; readonly content: Bytes }[]
}

type Promised = Infer<typeof promiseSchema>

const PROMISES = "promises"
const MAX_PROMISES = 10_000
const promiseList = list(promiseSchema, MAX_PROMISES)

/** Asks custodians for records and checks what they answer against this node's own ledger. */
export class Requester {
  private readonly ledger: LedgerClient
  private readonly genesis: SignedGenesis
  /** Promises whose time has not come yet; kept over restarts. */
  private promises: Promised[] = []
  private readonly vault: Vault
  timeoutMs = 20_000

  constructor(ledger: LedgerClient, genesis: SignedGenesis, vault: Vault) {
    this.ledger = ledger
    this.genesis = genesis
    this.vault = vault
  }

  /** Takes up the promises from before a restart. */
  async start(): Promise<void> {
    const text = await this.vault.setting(PROMISES)
    if (text !== undefined)
      this.promises = promiseList.parse(decodeCbor(fromBase64Url(text)), PROMISES).slice()
  }

  private async keep(promise: Promised): Promise<void> {
    this.promises.push(promise)
    await this.save()
  }

  private async save(): Promise<void> {
    const kept = this.promises.slice(-MAX_PROMISES)
    await this.vault.setSetting(PROMISES, toBase64Url(encodeCbor(kept as unknown as Cbor)))
  }

  /** Fetches from every custodian and merges. One that fails makes the history incomplete, which is said. */
  async history(
    asked: readonly Asked[],
    purpose: FetchRequest["purpose"],
    practitioner: PractitionerProof,
    consents: readonly ConsentCopy[],
    own: readonly SourceLine[],
  ): Promise<Omit<HistoryAnswer, "joined" | "notices">> {
    const answers = await Promise.all(
      asked.map((one) => {
        const copies = consents.filter(
          (copy) => copy.custodian === one.custodian && equalBytes(copy.handle, one.handle),
        )
        return this.fetch(one, purpose, practitioner, copies)
      }),
    )
    return {
      timeline: mergeTimeline([...own, ...answers.flatMap(({ lines }) => lines)]),
      custodians: answers.map(({ report }) => report),
      isComplete: answers.every(({ report }) => report.outcome === "answered"),
      evidence: answers.flatMap(({ evidence }) => evidence),
    }
  }

  private async fetch(
    asked: Asked,
    purpose: FetchRequest["purpose"],
    proof: PractitionerProof,
    copies: readonly ConsentCopy[],
  ): Promise<OneAnswer> {
    const { custodian } = asked
    const empty = {
      custodian,
      released: 0,
      withheld: 0,
      mismatched: 0,
      damaged: 0,
      withdrawn: 0,
      height: 0,
      findings: [],
    }
    const key = await makeOneTimeKey()
    const minHeight = await this.minHeight()
    const request: FetchRequest = {
      network: this.ledger.engine.network,
      custodian,
      handle: asked.handle,
      purpose,
      time: asked.time,
      nonce: asked.nonce,
      practitioner: { proof, signature: asked.signature },
      suite: key.suite,
      oneTimeKey: key.publicKey,
    }
    try {
      const { url, keys } = await memberAt(this.ledger.engine, custodian)
      const { body } = await postRaw(
        `${url}/exchange/fetch`,
        encodeCbor(request as unknown as Cbor),
        this.caller(),
        { responderKeys: keys, timeoutMs: this.timeoutMs },
      )
      const [first, ...rest] = await key.open(sealingInfo(request, this.ledger.member), decodeSealed(body))
      const manifest = manifestSchema.parse(decodeCbor(first), "manifest")
      const records = rest.flatMap(decodeChunk)
      return await this.check(request, manifest, records, minHeight, copies)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      const outcome = REFUSALS.has(error.code) ? "refused" : "failed"
      if (outcome === "refused") await this.keepPromiseOf(error)
      return {
        report: { ...empty, outcome, code: error.code, detail: error.message },
        lines: [],
        evidence: [],
      }
    }
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
    const [signer, log, policy, handle] = await Promise.all([
      memberByKey(engine, manifest.key).catch(() => undefined),
      engine.read(recordLogs, [...place], height),
      engine.read(policies, [...place], height),
      engine.read(handles, [...place], height),
    ])
    const view = {
      network: engine.network,
      signer: signer?.member,
      log: log ?? EMPTY_FRONTIER,
      policy,
      handleKey: handle?.key ?? null,
      height: status.checkpoint.height,
      minHeight,
    }
    const consent = copies.find(({ version }) => version === body.policyVersion)
    const checked = checkAnswer(request, this.ledger.member, manifest, records, view, consent)
    if (checked.findings.some(({ kind }) => kind === "promise_missing" || kind === "wrong_manifest"))
      return { report: { ...reportOf(manifest, { ...checked, lines: [] }) }, lines: [], evidence: [] }
    await this.keep(manifest.promise)
    return {
      report: reportOf(manifest, checked),
      lines: linesOf(manifest, checked),
      evidence: await this.evidenceFor(manifest, records, checked.findings),
    }
  }

  /** Evidence for each finding that a third party can check from ledger and manifest alone. */
  private async evidenceFor(
    manifest: Manifest,
    records: readonly ReleasedRecord[],
    findings: readonly AnswerFinding[],
  ) {
    const { engine } = this.ledger
    const { responder, handle, height } = manifest.body
    const provable = findings.filter(({ kind }) => kind === "changed_record" || kind === "log_mismatch")
    const files: { name: string; content: Bytes }[] = []
    for (const { kind, detail, index } of provable) {
      const [keyProof, logProof] = await Promise.all([
        engine.prove(memberKeys as never, [manifest.key], height),
        engine.prove(recordLogs as never, [responder, handle], height),
      ])
      const record = records.find((one) => one.index === index) ?? null
      const file = evidence.parse({
        kind,
        manifest,
        record,
        keyProof: rowOf(keyProof),
        logProof: rowOf(logProof),
        checkpoint: logProof.checkpoint,
        operator: logProof.operator,
        comet: logProof.comet,
        genesis: this.genesis,
        notes: [detail],
      })
      files.push({
        name: `evidence-${responder}-${index ?? "log"}.aceso`,
        content: encodeCbor(file as unknown as Cbor),
      })
    }
    return files
  }

  /** Sends each custodian its own statement of a card, with which it keeps the request for the patient. */
  async request(requests: readonly AccessRequest[]): Promise<AccessAnswer["outcomes"]> {
    const outcomes = requests.map(async (request): Promise<AccessAnswer["outcomes"][number]> => {
      const { custodian } = request.statement
      const { requestId } = request
      try {
        const { url, keys } = await memberAt(this.ledger.engine, custodian)
        const { outcome } = await post(
          `${url}/exchange/request`,
          request as unknown as Cbor,
          this.caller(),
          object({ outcome: oneOf("permitted", "pending") }),
          { responderKeys: keys, timeoutMs: this.timeoutMs },
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
        return { custodian, outcome: "failed", code: error.code, detail: error.message, requestId }
      }
    })
    return Promise.all(outcomes)
  }

  /** Looks for promises whose time has passed, and reports those that were broken. @returns how many */
  async checkPromises(): Promise<number> {
    const { engine } = this.ledger
    const { checkpoint } = await engine.status()
    const due = this.promises.splice(0)
    if (due.length === 0) return 0
    let broken = 0
    for (const promise of due) {
      const entry = await engine.read(disclosures, [promise.custodian, promise.tag])
      if (entry && equalBytes(entry.event, promise.event) && entry.at <= promise.includeBy) continue
      const isDue = Math.max(checkpoint.time, Date.now()) > promise.includeBy
      if (!isDue) {
        this.promises.push(promise)
        continue
      }
      try {
        await this.ledger.call("disclosure", "promiseBroken", { promise: promise as unknown as Cbor })
        broken++
      } catch (error) {
        if (!(error instanceof PlatformError) || !["promise_kept", "already_reported"].includes(error.code))
          throw error
      }
    }
    await this.save()
    return broken
  }

  /** The height that an honest custodian has by the time it answers; validators lag by a few blocks. */
  private async minHeight(): Promise<number> {
    const { engine, checkpoint } = await this.ledger.engine.status()
    return engine === "embedded" ? checkpoint.height : Math.max(0, checkpoint.height - LAG_BLOCKS)
  }

  private async keepPromiseOf(error: PlatformError): Promise<void> {
    const { more } = error.details
    if (!(more instanceof Uint8Array)) return
    const denial = denialDetails.parse(decodeCbor(more), "denial")
    await this.keep(denial.promise)
  }

  private caller() {
    return { seed: this.ledger.seed, tag: EXCHANGE_TAG }
  }
}

const LAG_BLOCKS = 5
const REFUSALS = new Set(["policy_missing", "policy_unknown", "ledger_stale", "unknown_practitioner"])
const rowOf = ({ row, proof }: ProvenRow) => ({ row, proof })

function reportOf({ body, promise }: Manifest, { lines, findings }: CheckedAnswer): CustodianReport {
  const count = (status: string) => lines.filter((line) => line.status === status && !isDummy(line)).length
  return {
    custodian: body.responder,
    outcome: "answered",
    released: count("verified"),
    withheld: count("withheld"),
    mismatched: count("mismatch"),
    damaged: count("damaged"),
    withdrawn: count("withdrawn"),
    height: body.height,
    policyState: body.policyState,
    findings: findings.map(({ kind, detail }) => ({ kind, detail })),
    tag: promise.tag,
  }
}

/** Dummies, which have no content, are no records of anything. */
const isDummy = ({ status, content }: CheckedAnswer["lines"][number]) =>
  status === "verified" && content?.length === 0

function linesOf({ body }: Manifest, { lines }: CheckedAnswer): SourceLine[] {
  const superseded = supersededIndexes(body.lines)
  return lines
    .filter((line) => !isDummy(line))
    .map(({ index, status, content }) => ({
      custodian: body.responder,
      index,
      version: body.lines[index].entry.version,
      recordId: body.lines[index].entry.recordId,
      status,
      height: body.height,
      isSuperseded: superseded.has(index),
      ...(content && { content }),
    }))
}
