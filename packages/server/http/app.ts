import { genesisAnswer, memberAnswer, statusAnswer } from "@aceso/client"
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
import { cometRoutes } from "./comet-routes.ts"
import { governanceRoutes } from "./governance-routes.ts"
import { ledgerRoutes } from "./ledger-routes.ts"
import { openApi } from "./openapi.ts"
import { patientRoutes } from "./patient-routes.ts"
import { peopleRoutes } from "./people-routes.ts"
import { cbor, errorAnswer, parseBody, signedAnswer, signedCall } from "./signed.ts"
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

  for (const [path, handler] of Object.entries({ ...staffRoutes, ...peopleRoutes, ...governanceRoutes }))
    app.post(path, async (context) => {
      const { key, body } = await signedCall(node, context, STAFF_TAG, LARGE)
      const who = node.staffByKey(key)
      if (!who)
        throw new PlatformError("not_permitted", "this key belongs to nobody who works with this node")
      return cbor(await handler(node, body, who, context))
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

/** Between organisations: the request is by a member's key, the answer is signed, refusals too. */
function exchange(
  app: Hono,
  node: AcesoNode,
  path: string,
  handle: (body: Bytes, requester: string) => Promise<Cbor | Bytes>,
): void {
  app.post(path, async (context) => {
    const { key, body, verified } = await signedCall(node, context, EXCHANGE_TAG, SMALL)
    let answer: Response
    try {
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
  const { member, policyDelayMs, isDemo } = node.config
  const patients = (await node.vault.patients()).length
  const checkpoints = node.checkpoints.summary()
  return {
    member,
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
