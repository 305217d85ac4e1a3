import { type NoticesAnswer, post } from "@aceso/client"
import { handles } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  type CustodianNotice,
  decodeTrusted,
  EXCHANGE_TAG,
  encodeCbor,
  object,
  oneOf,
  PlatformError,
  randomBytes,
  type SignedNotice,
  signNotice,
  verifyNotice,
} from "@aceso/core"
import { memberAt } from "../exchange/members.ts"
import { memberByKey } from "../exchange/practitioners.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Outbound } from "../node/outbound.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { NoticePage, ReceivedNotice, SentNotice } from "../vault/vault.ts"
import type { VisitorPlace } from "../vault/vault-visitors.ts"
import type { Clock } from "./clock.ts"
import type { Shown } from "./recipients.ts"

/** After these the notice waits for a person: the last try comes some two days after the first. */
export const MAX_TRIES = 15
const FIRST_RETRY_MS = 60_000
const MAX_RETRY_MS = 6 * 3600_000
const ABREAST = 20
const TIMEOUT_MS = 20_000
/** Notices of one custodian that nobody here has dealt with. */
const MAX_OPEN = 10_000
/** A notice may be as old as its last try. */
const MAX_AHEAD_MS = 120_000

type Words = Pick<CustodianNotice, "handle" | "reason" | "records" | "time">

export const receivedAnswer = object({ outcome: oneOf("kept", "known") })

/** Tells organisations to which something was released that it was a mistake, and keeps what they tell. */
export class Notices {
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly outbound: Pick<Outbound, "fetch">
  private readonly clock: Clock
  private running: Promise<void> = Promise.resolve()
  private readonly stopping = new AbortController()
  onFault: (error: unknown) => void = () => {}

  constructor(vault: SqliteVault, ledger: LedgerClient, outbound: Pick<Outbound, "fetch">, clock: Clock) {
    this.outbound = outbound
    this.clock = clock
    this.vault = vault
    this.ledger = ledger
  }

  /** Puts notices on their way, durably; they leave with the next round. */
  async tell(shown: readonly Shown[], what: Omit<Words, "time">): Promise<void> {
    const now = this.clock.now()
    const content = encodeCbor({ ...what, records: [...what.records], time: now } as unknown as Cbor)
    for (const { organisation: recipient } of shown) {
      const id = randomBytes(16)
      await this.vault.addNotice({
        id,
        recipient,
        content,
        createdAt: now,
        tries: 0,
        dueAt: now,
        deliveredAt: null,
      })
    }
  }

  /** What is on its way is tried again after the next start. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running.catch(() => {})
  }

  /** Delivers what is due. */
  run(): Promise<void> {
    const next = () => this.deliverDue()
    this.running = this.running.then(next, next)
    return this.running
  }

  /** What waits for a person is tried again. */
  async sendAgain(): Promise<void> {
    const now = this.clock.now()
    for (let before: number | null = null; ; ) {
      const page: readonly (SentNotice & { readonly n: number })[] = await this.vault.sentNotices({
        before,
        limit: 200,
        isOpen: true,
      })
      for (const one of page)
        if (one.dueAt === null) await this.vault.setNotice({ ...one, tries: 0, dueAt: now })
      if (page.length < 200) return
      before = page[page.length - 1].n
    }
  }

  /** @throws PlatformError `bad_signature`, `wrong_recipient`, `unknown_patient`, `too_many_notices` */
  async receive({ notice, key, signature }: SignedNotice, sender: string): Promise<"kept" | "known"> {
    const { engine, member } = this.ledger
    if (notice.network !== engine.network || notice.recipient !== member || notice.custodian !== sender)
      throw new PlatformError(
        "wrong_recipient",
        "the notice is by or for somebody else, or of another network",
      )
    const signer = await memberByKey(engine, key)
    if (signer.member !== sender || !verifyNotice({ notice, key, signature }))
      throw new PlatformError("bad_signature", "the notice is not signed with a valid key of its custodian")
    if (notice.time > this.clock.now() + MAX_AHEAD_MS)
      throw new PlatformError("bad_input", "the notice is of a time that has not come")
    if (!(await engine.read(handles, [sender, notice.handle])))
      throw new PlatformError("unknown_patient", `${sender} has no patient of this handle`)
    if ((await this.vault.openNotices(sender, MAX_OPEN)) >= MAX_OPEN)
      throw new PlatformError(
        "too_many_notices",
        `${MAX_OPEN} notices of ${sender} wait here already; they have to be dealt with first`,
      )
    const { id, handle } = notice
    const content = encodeCbor({ notice, key, signature } as unknown as Cbor)
    const kept = { custodian: sender, id, handle, content, receivedAt: this.clock.now(), doneAt: null }
    return (await this.vault.keepNotice(kept)) ? "kept" : "known"
  }

  /** @throws PlatformError `not_found` */
  async end(custodian: string, id: Bytes): Promise<void> {
    if (!(await this.vault.endNotice(custodian, id, this.clock.now())))
      throw new PlatformError("not_found", "no such notice is kept here; see aceso notices")
  }

  async page(page: NoticePage): Promise<NoticesAnswer> {
    const [received, sent] = await Promise.all([
      this.vault.receivedNotices(page),
      this.vault.sentNotices(page),
    ])
    return {
      received: await Promise.all(received.map((one) => this.shown(one, one.n))),
      sent: await Promise.all(
        sent.map(async ({ n, id, recipient, content, createdAt, tries, dueAt, deliveredAt }) => {
          const { handle, reason } = decodeTrusted(content) as unknown as Words
          const alias = (await this.vault.patient({ handle }))?.alias ?? "?"
          const state =
            deliveredAt !== null
              ? ("delivered" as const)
              : dueAt === null
                ? ("needs a person" as const)
                : ("waits" as const)
          return { n, id, recipient, alias, reason, createdAt, tries, state }
        }),
      ),
    }
  }

  /** What was told about these handles, for whoever looks at them now. */
  async about(places: readonly VisitorPlace[]) {
    const all = await Promise.all(
      places.map(({ custodian, handle }) => this.vault.noticesAbout(custodian, handle, 3)),
    )
    return Promise.all(all.flat().map((one) => this.shown(one, 0)))
  }

  private async shown({ custodian, id, handle, content, receivedAt, doneAt }: ReceivedNotice, n: number) {
    const { notice } = decodeTrusted(content) as unknown as SignedNotice
    const { reason, records, time } = notice
    const visitor = await this.vault.visitor({ place: { custodian, handle } })
    const place = { custodian, handle, alias: visitor?.alias ?? null }
    return { n, id, ...place, reason, records, time, receivedAt, doneAt }
  }

  private async deliverDue(): Promise<void> {
    const due = await this.vault.dueNotices(this.clock.now(), ABREAST)
    await Promise.all(due.map((one) => this.deliver(one)))
  }

  private async deliver(one: SentNotice): Promise<void> {
    try {
      await this.send(one)
      await this.vault.setNotice({ ...one, tries: one.tries + 1, dueAt: null, deliveredAt: this.clock.now() })
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      if (this.stopping.signal.aborted) return
      const tries = one.tries + 1
      const waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** one.tries)
      const isLast = tries >= MAX_TRIES
      await this.vault.setNotice({ ...one, tries, dueAt: isLast ? null : this.clock.now() + waitMs })
      if (isLast)
        this.onFault(
          new PlatformError(
            "notice_undelivered",
            `${one.recipient} was not told of a release by mistake after ${tries} tries: ${error.message}; tell them, or try again with aceso notices --again`,
            { cause: error },
          ),
        )
    }
  }

  private async send({ id, recipient, content }: SentNotice): Promise<void> {
    const { engine, member: custodian, key, seed } = this.ledger
    const words = decodeTrusted(content) as unknown as Words
    const notice: CustodianNotice = { network: engine.network, custodian, recipient, id, ...words }
    const { url, keys } = await memberAt(engine, recipient)
    const signed = signNotice(notice, key, seed)
    await post(
      `${url}/exchange/notice`,
      signed as unknown as Cbor,
      { seed, tag: EXCHANGE_TAG },
      receivedAnswer,
      {
        responderKeys: keys,
        timeoutMs: TIMEOUT_MS,
        signal: this.stopping.signal,
        fetch: this.outbound.fetch,
      },
    )
  }
}
