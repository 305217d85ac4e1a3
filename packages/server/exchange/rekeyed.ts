import type { CustodianReport } from "@aceso/client"
import { handles } from "@aceso/contracts"
import { PlatformError, rekeyedIn } from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** What custodians answered, with what the ledger says of the patients' keys there: whoever replaced one could act for the patient. */
export const withRekeyed = (
  ledger: { readonly engine: Pick<Engine, "read"> },
  reports: readonly CustodianReport[],
  now = Date.now(),
): Promise<CustodianReport[]> => Promise.all(reports.map((report) => withOne(ledger.engine, report, now)))

async function withOne(
  engine: Pick<Engine, "read">,
  report: CustodianReport,
  now: number,
): Promise<CustodianReport> {
  try {
    const row = await engine.read(handles, [report.custodian, report.handle])
    const rekeyed = row && rekeyedIn(row, now)
    return rekeyed ? { ...report, rekeyed } : report
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    const detail = `whether the desk there replaced the patient's key cannot be read now: ${error.message}`
    return { ...report, findings: [...report.findings, { kind: "key_unknown", detail }].slice(-1000) }
  }
}
