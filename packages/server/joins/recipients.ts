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

const PAGE = 50

/** Who was shown this record, or anything at all under the handle, from one time to another. */
export async function shownTo(
  vault: Vault,
  handle: Handle,
  what: { readonly recordId?: Bytes; readonly from?: number; readonly to?: number },
): Promise<readonly Shown[]> {
  const { recordId, from = 0, to = Number.MAX_SAFE_INTEGER } = what
  const all = new Map<string, Shown>()
  for (let after = 0; ; ) {
    const page = await vault.releases(handle, after, PAGE)
    for (const { body, n } of page) {
      after = n
      if (!body) continue
      const { recipient, time, lines } = decodeTrusted(body) as unknown as ManifestBody
      const isShown = lines.some(
        ({ entry, status }) =>
          status === "released" && (recordId === undefined || equalBytes(entry.recordId, recordId)),
      )
      if (!isShown || time < from || time > to) continue
      const before = all.get(recipient)
      const releases = (before?.releases ?? 0) + 1
      all.set(recipient, { organisation: recipient, releases, first: before?.first ?? time, last: time })
    }
    if (page.length < PAGE) return [...all.values()]
  }
}
