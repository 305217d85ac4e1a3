import { genesisAnswer, memberAnswer, returnedQuestion, statusAnswer } from "@aceso/client"
import { handles, members } from "@aceso/contracts"
import {
  accessRequest,
  type Bytes,
  type Cbor,
  EXCHANGE_TAG,
  equalBytes,
  fetchRequest,
  PATIENT_TAG,
  PlatformError,
  STAFF_TAG,
} from "@aceso/core"
import { type Context, Hono } from "hono"
import { memberByKey } from "../exchange/practitioners.ts"
import { countRequests } from "../metrics/requests.ts"
import type { StaffMember } from "../node/config.ts"
import { healthOf } from "../node/health.ts"
import type { AcesoNode } from "../node/node.ts"
import { returned } from "../recovery/returned.ts"
import { cometRoutes } from "./comet-routes.ts"
import { commitRoutes } from "./commit-routes.ts"
import { governanceRoutes } from "./governance-routes.ts"
import { ledgerRoutes } from "./ledger-routes.ts"
import { openApi } from "./openapi.ts"
import { patientRoutes } from "./patient-routes.ts"
import { END, peopleRoutes } from "./people-routes.ts"
import { recoveryRoutes, WHILE_RECOVERING } from "./recovery-routes.ts"
import { cbor, errorAnswer, mustServe, parseBody, signedAnswer, signedCall } from "./signed.ts"
import { staffRoutes } from "./staff-routes.ts"

const SMALL = 256 * 1024
const LARGE = 64 * 2 ** 20

export type StaffHandler = (
  node: AcesoNode,
  body: Bytes,
  who: StaffMember,
  context: Context,
) => Promise<Cbor | Bytes>
export type PatientHandler = (node: AcesoNode, body: Bytes, key: Bytes) => Promise<Cbor>

/** A node's HTTP API. Everything but public reads is signed (RFC 9421). */
export function makeApp(node: AcesoNode): Hono {
  const app = new Hono()
  app.use(countRequests(node.requests))
  const onFault = (error: unknown) => node.onFault(error)
  app.onError((error) => errorAnswer(error, onFault))
  app.notFound(() =>
    errorAnswer(new PlatformError("not_found", "there is no such resource; see docs/api.md"), onFault),
  )

  app.get("/status", async (context) => context.json(statusAnswer.toJson(await statusOf(node)) as object))
  app.get("/genesis", (context) => context.json(genesisAnswer.toJson(node.genesis) as object))
  app.get("/members", async (context) => {
    const rows = await node.engine.scan(members)
    const all = rows.map(({ key, row: { name, kind, url, status } }) => ({
      member: key[0],
      name,
      kind,
      url,
      status,
    }))
    return context.json(memberAnswer.toJson({ members: all }) as object)
  })

  app.get("/openapi.json", (context) => context.json(openApi(node.config.url)))

  exchange(app, node, "/exchange/fetch", async (body, requester) =>
    node.custodian.fetch(parseBody(fetchRequest, body), requester),
  )
  exchange(app, node, "/exchange/request", async (body, requester) => ({
    outcome: await node.custodian.request(parseBody(accessRequest, body), requester),
  }))

  exchange(app, node, "/exchange/returned", (body, requester) =>
    returned(node.vault, parseBody(returnedQuestion, body), requester),
  )

  const forStaff = {
    ...staffRoutes,
    ...commitRoutes,
    ...governanceRoutes,
    ...peopleRoutes,
    ...recoveryRoutes,
  }
  for (const [path, handler] of Object.entries(forStaff))
    app.post(path, async (context) => {
      const { key, body } = await signedCall(node, context, STAFF_TAG, LARGE, WHILE_RECOVERING.has(path))
      const answer = await handler(node, body, mustWorkHere(node, key), context)
      // Whose time ended while it was being done is handed nothing any more.
      if (path !== END) mustWorkHere(node, key)
      return cbor(answer)
    })
  for (const [path, handler] of Object.entries(patientRoutes))
    app.post(path, async (context) => {
      const { key, body } = await signedCall(node, context, PATIENT_TAG, 2 * LARGE)
      return cbor(await handler(node, body, key))
    })
  ledgerRoutes(app, node)
  cometRoutes(app, node)
  return app
}

function mustWorkHere(node: AcesoNode, key: Bytes): StaffMember {
  const who = node.staffByKey(key)
  if (!who)
    throw new PlatformError("not_permitted", "this key belongs to nobody who works with this node now")
  return who
}

/** Between organisations: the request is by a member's key, the answer is signed, refusals too. */
function exchange(
  app: Hono,
  node: AcesoNode,
  path: string,
  handle: (body: Bytes, requester: string) => Promise<Cbor | Bytes>,
): void {
  app.post(path, async (context) => {
    const { key, body, verified } = await signedCall(node, context, EXCHANGE_TAG, SMALL, true)
    let answer: Response
    try {
      mustServe(node)
      const { member } = await memberByKey(node.engine, key)
      answer = cbor(await handle(body, member))
    } catch (error) {
      answer = errorAnswer(error, (fault) => node.onFault(fault))
    }
    return signedAnswer(node, answer, verified.signature)
  })
}

async function statusOf(node: AcesoNode) {
  const { engine, checkpoint, statement, flushedHeight, prunedUpTo } = await node.engine.status()
  const { records, committed } = await node.vault.recordCount()
  const { member, policyDelayMs } = node.config
  const { isDemo = false } = node.document
  const patients = (await node.vault.patients()).length
  const { gaveUp } = await node.vault.promiseCounts()
  const checkpoints = node.checkpoints.summary()
  return {
    member,
    memberKey: node.ledger.key,
    network: node.engine.network,
    engine,
    checkpoint,
    statement,
    flushedHeight,
    ...(prunedUpTo > 0 && { prunedUpTo }),
    records,
    committed,
    patients,
    policyDelayMs,
    isDemo,
    ...(gaveUp > 0 && { reportsGivenUp: gaveUp }),
    ...(checkpoints && { checkpoints }),
    ...(await healthOf(node)),
  }
}

/** The handle, if the key that signed is the one that the ledger has for it here. */
export async function mustBeHandleKey(node: AcesoNode, handle: Bytes, key: Bytes): Promise<void> {
  const row = await node.engine.read(handles, [node.config.member, handle])
  if (!row) throw new PlatformError("unknown_patient", "no patient has this handle here")
  if (!row.key)
    throw new PlatformError("patient_has_no_key", "this patient has no key here yet; enrol one at the desk")
  if (!equalBytes(row.key, key)) throw new PlatformError("not_permitted", "this is not the key of the handle")
}
