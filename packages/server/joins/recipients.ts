import { setImmediate as othersFirst } from "node:timers/promises"
import { type Bytes, decodeTrusted, equalBytes, type Handle, type ManifestBody } from "@aceso/core"
import type { Vault } from "../vault/vault.ts"

/** An organisation to which something of a handle was released. */
export interface Shown {
  readonly organisation: string
  readonly releases: number
  /** ms */
  readonly first: number
  readonly last: number
}

/** Releases of this record, or of anything at all, from one time on. */
export interface Sought {
  readonly handle: Handle
  readonly recordId?: Bytes
  readonly from?: number
}

const PAGE = 50

/**
 * Who was shown it. A patient may have very many disclosures: `read` before the vault's transaction, in which another
 * `read` adds what came since, and nothing waits.
 */
export class Recipients {
  private readonly vault: Vault
  private readonly sought: Sought
  private readonly all = new Map<string, Shown>()
  private after = 0

  constructor(vault: Vault, sought: Sought) {
    this.vault = vault
    this.sought = sought
  }

  /** Up to the newest disclosure that there is. */
  async read(): Promise<readonly Shown[]> {
    for (;;) {
      const page = await this.vault.releases(this.sought.handle, this.after, PAGE)
      for (const { n, body } of page) {
        this.after = n
        if (body) this.add(decodeTrusted(body) as unknown as ManifestBody)
      }
      if (page.length < PAGE) return [...this.all.values()]
      await othersFirst()
    }
  }

  private add({ recipient, time, lines }: ManifestBody): void {
    const { recordId, from = 0 } = this.sought
    const isShown = lines.some(
      ({ entry, status }) =>
        status === "released" &&
        entry !== null &&
        (recordId === undefined || equalBytes(entry.recordId, recordId)),
    )
    if (!isShown || time < from) return
    const before = this.all.get(recipient)
    const releases = (before?.releases ?? 0) + 1
    this.all.set(recipient, { organisation: recipient, releases, first: before?.first ?? time, last: time })
  }
}
