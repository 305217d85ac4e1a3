import { existsSync, readFileSync } from "node:fs"
import type { GuideLook, Logged } from "@aceso/cli/tours/guide.ts"
import { caseSteps, cases, publications } from "@aceso/contracts"
import {
  type Bytes,
  fromHex,
  type Handle,
  isObject,
  type PolicyDocument,
  parseJson,
  readAuditEvent,
  summarise,
  toHex,
} from "@aceso/core"
import { keysIn } from "@aceso/server/cases/case-now.ts"
import type { AcesoNode } from "@aceso/server/node/node.ts"
import { isTampered } from "@aceso/server/node/tamper.ts"
import { layout, readJson } from "../files.ts"

const PATIENT = "patient-1"
const CUSTODIAN = "city-hospital"
const MAX_LOG = { fromN: 1, limit: 1_000, maxBytes: 16 * 2 ** 20 }

interface PatientFile {
  readonly places: readonly { readonly custodian: string; readonly handle: string }[]
}

/** What the nodes of a demo say of its first patient, each answer as it is asked. */
export function lookAt(
  folder: string,
  nodes: ReadonlyMap<string, AcesoNode>,
  isOurs: GuideLook["isOurs"],
  seen: GuideLook["seen"],
): GuideLook {
  const { services } = nodes.get(CUSTODIAN) as AcesoNode
  const { vault, engine, stocks, document } = services
  const handle = (): Handle | undefined => {
    const path = layout(folder).person(PATIENT)
    if (!existsSync(path)) return undefined
    const place = (readJson(path) as PatientFile).places.find(({ custodian }) => custodian === CUSTODIAN)
    return place && fromHex(place.handle)
  }
  const own = async <T>(ask: (handle: Handle) => Promise<T>, otherwise: T): Promise<T> => {
    const found = handle()
    return found ? ask(found) : otherwise
  }
  return {
    isOurs,
    seen,
    log: () =>
      own(async (of) => {
        const all = (await vault.disclosures(of, MAX_LOG)).map(loggedOf)
        return all.flatMap((one) => (one && isOurs(one.at) ? [one] : []))
      }, []),
    permits: (member) =>
      own(async (of) => {
        const documents = (await vault.policy(of))?.documents ?? []
        return documents
          .filter((one) => isOurs(signedAt(one)))
          .map(summarise)
          .some(({ type, grantees }) => type === "permit" && grantees.some((one) => one.includes(member)))
      }, false),
    openRequests: () =>
      own(
        async (of) => (await vault.requests(of, Date.now())).filter(({ state }) => state === "open").length,
        0,
      ),
    isTampered: () => isTampered({ vault, document }),
    async isImported() {
      const identifier = visitIn(folder)
      return identifier !== undefined && (await vault.findByIdentifier("Encounter", identifier)).length > 0
    },
    newestCase: (process) =>
      own(async (of) => {
        const rows = (await engine.scan(cases)).filter(
          ({ row }) => row.process === process && isOurs(row.openedAt),
        )
        for (const { key, row } of rows.sort((a, b) => b.row.openedAt - a.row.openedAt)) {
          const whose = await stocks.handleOf(keysIn(row))
          if (!whose || toHex(whose) !== toHex(of)) continue
          const [id] = key
          return { id: toHex(id), steps: await stepsOf(engine, id, row.size) }
        }
        return undefined
      }, undefined),
    async publication(member, slug) {
      const row = await engine.read(publications, [member, slug])
      return row && { version: row.version, isOpen: row.hash !== null, at: row.at }
    },
    async copyAt(node, member, slug) {
      const url = nodes.get(node)?.services.config.url
      const answer = await fetch(`${url}/library/publication?member=${member}&slug=${slug}`)
      if (!answer.ok) return undefined
      return ((await answer.json()) as { version: number }).version
    },
  }
}

async function stepsOf(engine: Pick<AcesoNode["services"]["engine"], "read">, id: Bytes, size: number) {
  const steps: string[] = []
  for (let n = 0; n < size; n++) {
    const step = await engine.read(caseSteps, [id, n])
    if (step) steps.push(step.step)
  }
  return steps
}

/** When a consent was signed, ms. @throws never: one without a time belongs to nobody */
function signedAt({ content }: PolicyDocument): number {
  const consent = parseJson(content)
  return isObject(consent) ? Date.parse(String(consent.dateTime)) : Number.NaN
}

function loggedOf({
  n,
  auditEvent,
  body,
}: {
  readonly n: number
  readonly auditEvent: Bytes
  readonly body: Bytes | null
}): Logged | undefined {
  const event = readAuditEvent(auditEvent)
  if (!event) return undefined
  const { requester, reason, time, isChange, delegate, caseDocument } = event
  const isOther = delegate !== undefined || caseDocument !== undefined
  const what = isChange ? "changed" : isOther ? "other" : body === null ? "denied" : "read"
  return { n, requester, reason, what, at: Date.parse(time) }
}

/** The identifier of the visit that waits to be imported. */
function visitIn(folder: string): { system: string; value: string } | undefined {
  const file = `${layout(folder).inbox}/${CUSTODIAN}/last-visit.json`
  if (!existsSync(file)) return undefined
  const bundle = parseJson(new Uint8Array(readFileSync(file)))
  const entries = isObject(bundle) && Array.isArray(bundle.entry) ? bundle.entry : []
  for (const entry of entries) {
    const resource = isObject(entry) ? entry.resource : undefined
    if (!isObject(resource) || resource.resourceType !== "Encounter") continue
    const [first] = Array.isArray(resource.identifier) ? resource.identifier : []
    if (isObject(first)) return { system: String(first.system), value: String(first.value) }
  }
  return undefined
}
