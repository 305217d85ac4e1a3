import { type Cbor, MAX_PAGE, ownRecords, type Schema } from "@aceso/core"

/** A custodian that is asked by the right of one of its patients. */
export interface PatientSource {
  ask<T>(what: string, question: { readonly [name: string]: Cbor }, answer: Schema<T>): Promise<T>
}

/** What a custodian holds about its patient, page by page, from an index on. */
export async function* recordPages(source: PatientSource, first = 0) {
  for (let from = first; ; ) {
    const page = await source.ask("records", { from, limit: MAX_PAGE }, ownRecords)
    yield page
    if (page.records.length === 0 || page.next <= from || page.next >= page.size) return
    from = page.next
  }
}
