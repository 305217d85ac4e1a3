import {
  type AccountEntry,
  account,
  accountQuestion,
  type Handle,
  nameOf,
  ownAttachmentQuestion,
  ownDrugs,
  ownDrugsQuestion,
  ownRecords,
  ownRecordsQuestion,
  PAGE_BYTES,
  ownAttachment as shownAttachment,
} from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { patientRoute } from "../modules/route.ts"
import type { Readings } from "../readings/readings.ts"
import type { Vault } from "../vault/vault.ts"
import { withAttachment } from "./attachments.ts"
import { ownAttachment, ownDrugsOf, ownRecordsPage } from "./own-records.ts"

/** What patients see of their own records, and who read them. */
export const ownRecordsModule = serverModule({
  name: "own records",
  needs: ["readings", "vault"],
  setup: ({ readings, vault }) => ({
    routes: [
      patientRoute({
        path: "/patient/account",
        summary: "disclosures, a page",
        question: accountQuestion,
        answer: account,
        delegates: ["read"],
        async handle({ handle, fromN, limit }, delegate) {
          const page = await accountOf({ vault, readings }, handle, fromN, Math.max(1, limit))
          // By the key entries are found for good, also those that come after the delegate's time.
          return delegate ? { ...page, auditKey: null } : page
        },
      }),
      patientRoute({
        path: "/patient/records",
        summary: "records, opened, a page",
        question: ownRecordsQuestion,
        answer: ownRecords,
        delegates: ["read"],
        handle: ({ handle, from, limit }) => ownRecordsPage(vault, handle, from, Math.max(1, limit)),
      }),
      patientRoute({
        path: "/patient/drugs",
        summary: "the drugs that records mean by reference",
        question: ownDrugsQuestion,
        answer: ownDrugs,
        delegates: ["read"],
        handle: async ({ handle, indexes }) => ({ drugs: await ownDrugsOf(vault, handle, indexes) }),
      }),
      patientRoute({
        path: "/patient/attachment",
        summary: "a large object of a record",
        question: ownAttachmentQuestion,
        answer: shownAttachment,
        delegates: ["read"],
        async handle({ handle, index, object }) {
          const content = () => ownAttachment(vault, handle, index, object)
          return { content: await withAttachment(`handle ${nameOf(handle)}`, content) }
        },
      }),
    ],
  }),
})

interface Kept {
  readonly vault: Pick<Vault, "disclosures" | "lostDisclosures" | "disclosureCount" | "auditKey">
  readonly readings: Pick<Readings, "leavesAmong" | "under">
}

async function accountOf({ vault, readings }: Kept, handle: Handle, fromN: number, limit: number) {
  const found = await vault.disclosures(handle, { fromN, limit, maxBytes: PAGE_BYTES })
  const gone = await vault.lostDisclosures(handle, fromN, limit)
  // A page ends where the shorter of both lists was cut.
  const upTo = Math.min(
    found.at(-1)?.n ?? Number.POSITIVE_INFINITY,
    gone.length < limit ? Number.POSITIVE_INFINITY : gone[limit - 1].n,
  )
  const leaves = await readings.leavesAmong(found.map(({ tag }) => tag))
  const entries: AccountEntry[] = []
  let sizeBytes = 0
  let end = upTo
  for (const { n, tag, salt, event, auditEvent, body, includeBy } of found.filter(({ n }) => n <= upTo)) {
    const day = leaves.has(nameOf(tag)) ? await readings.under(tag) : []
    sizeBytes += day.reduce((sum, one) => sum + one.auditEvent.length, 0)
    // The page ends here: the device asks on from the number behind the last one that it has.
    if (sizeBytes > PAGE_BYTES && entries.length > 0) {
      end = n - 1
      break
    }
    entries.push({
      ...{ n, tag, salt, event, auditEvent, body, includeBy },
      ...(day.length > 0 && { readings: day }),
    })
  }
  const lost = gone.filter(({ n }) => n <= end)
  const highest = await vault.disclosureCount(handle)
  return { auditKey: vault.auditKey(handle), highest, entries, lost }
}
