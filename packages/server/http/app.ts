import { genesisAnswer, memberAnswer, returnedQuestion, statusAnswer } from "@aceso/client"
import { members } from "@aceso/contracts"
import {
  accessRequest,
  accessRequestAnswer,
  type Bytes,
  type Cbor,
  EXCHANGE_TAG,
  fetchRequest,
  nameOf,
  PATIENT_TAG,
  PlatformError,
  STAFF_TAG,
} from "@aceso/core"
import { getRequestListener } from "@hono/node-server"
import { Hono, type MiddlewareHandler } from "hono"
import { memberByKey } from "../exchange/practitioners.ts"
import { countRequests } from "../metrics/requests.ts"
import type { AcesoNode } from "../node/node.ts"
import { wholeTable } from "../node/table-cache.ts"
import { returned } from "../recovery/returned.ts"
import { attachmentRoutes } from "./attachment-routes.ts"
import { mustFit, withSignedBody } from "./body.ts"
import { mustBePatient, readHead, staffOf, useNonce, verifyHead } from "./callers.ts"
import { cometRoutes } from "./comet-routes.ts"
import { commitRoutes } from "./commit-routes.ts"
import { type Edge, incomingOf, processEdge } from "./edge.ts"
import { frontPage } from "./front-page.ts"
import { governanceRoutes } from "./governance-routes.ts"
import type { StaffHandler } from "./handlers.ts"
import { ledgerRoutes } from "./ledger-routes.ts"
import { mount } from "./mount.ts"
import { openApi } from "./openapi.ts"
import { patientRoutes } from "./patient-routes.ts"
import { patientsRoutes } from "./patients-routes.ts"
import { END, peopleRoutes } from "./people-routes.ts"
import { recoveryRoutes, WHILE_RECOVERING } from "./recovery-routes.ts"
import { cbor, errorAnswer, parseBody, signedAnswer } from "./signed.ts"
import { staffRoutes } from "./staff-routes.ts"
import { publicStatus, statusRoutes } from "./status.ts"

/** Bodies of other organisations, of staff, and of staff on the routes that take files. */
const SMALL = 256 * 1024
const MEDIUM = 8 * 2 ** 20
/** An input of 96 MiB, and what is said of it. */
const LARGE = 96 * 2 ** 20 + 2 ** 16
const LARGE_BODIES = new Set(["/staff/report"])
/** A policy has at most 200 documents of 64 KiB, and 32 copies of them are handed over at once. */
const PATIENTS = 16 * 2 ** 20
const COPIES = 4 * 2 ** 20
const COPIES_PATH = "/consents"

export const allStaffRoutes: Readonly<Record<string, StaffHandler>> = {
  ...staffRoutes,
  ...attachmentRoutes,
  ...commitRoutes,
  ...governanceRoutes,
  ...patientsRoutes,
  ...peopleRoutes,
  ...recoveryRoutes,
  ...statusRoutes,
}

/** A node's HTTP API. Everything but public reads is signed (RFC 9421). */
export function makeApp(node: AcesoNode, edge: Edge = processEdge): Hono {
  const app = new Hono()
  app.use(countRequests(node.services.requests))
  app.use(endUnread)
  const onFault = (error: unknown) => node.onFault(error)
  app.onError((error) => errorAnswer(error, onFault))
  app.notFound(() =>
    errorAnswer(new PlatformError("not_found", "there is no such resource; see docs/api.md"), onFault),
  )

  app.get("/", (context) => frontPage(node, context))
  app.get("/status", async (context) => context.json(statusAnswer.toJson(await publicStatus(node)) as object))
  app.get("/genesis", (context) => context.json(genesisAnswer.toJson(node.services.genesis) as object))
  app.get("/members", async (context) => {
    const rows = await wholeTable(node.services.engine, members)
    const all = rows.map(({ key, row: { name, kind, url, status } }) => ({
      member: key[0],
      name,
      kind,
      url,
      status,
    }))
    return context.json(memberAnswer.toJson({ members: all }) as object)
  })

  let description: object | undefined
  app.get("/openapi.json", (context) => {
    description ??= openApi(
      node.services.config.url,
      node.modules.flatMap(({ routes = [] }) => routes),
    )
    return context.json(description)
  })

  exchange(app, node, edge, "/exchange/fetch", async (body, requester) =>
    node.services.custodian.fetch(parseBody(fetchRequest, body), requester),
  )
  exchange(app, node, edge, "/exchange/request", async (body, requester) =>
    accessRequestAnswer.parse(
      await node.services.custodian.request(parseBody(accessRequest, body), requester),
    ),
  )

  exchange(app, node, edge, "/exchange/returned", (body, requester) =>
    returned(node.services.vault, parseBody(returnedQuestion, body), requester),
  )

  for (const [path, handler] of Object.entries(allStaffRoutes))
    app.post(path, async (context) => {
      const limit = LARGE_BODIES.has(path) ? LARGE : MEDIUM
      const head = readHead(node.services, context, STAFF_TAG, WHILE_RECOVERING.has(path))
      const { name } = staffOf(node.services, head)
      mustFit(context, limit)
      verifyHead(node.services, context, head)
      await useNonce(node.services, head)
      const person = `${node.services.config.member} ${name}`
      return withSignedBody(context, head, rulesOf(edge, "staff", person, limit), async (body) => {
        const answer = await handler(node, body, staffOf(node.services, head), context)
        // Whose time ended while it was being done is handed nothing any more.
        if (path !== END) staffOf(node.services, head)
        return cbor(answer)
      })
    })
  for (const [path, handler] of Object.entries(patientRoutes))
    app.post(path, async (context) => {
      const isOwn = path !== COPIES_PATH
      const limit = isOwn ? PATIENTS : COPIES
      const head = readHead(node.services, context, PATIENT_TAG)
      const { custodian } = await mustBePatient(node.services, context, head, isOwn)
      mustFit(context, limit)
      verifyHead(node.services, context, head)
      await useNonce(node.services, head)
      const rules = isOwn
        ? rulesOf(edge, "patients", nameOf(head.key), limit)
        : rulesOf(edge, "visitors", custodian, limit)
      return withSignedBody(context, head, rules, async (body) => cbor(await handler(node, body, head.key)))
    })
  for (const { routes = [] } of node.modules)
    for (const route of routes) mount(app, node.services, edge, route)
  ledgerRoutes(app, node, edge)
  cometRoutes(app, node, edge)
  return app
}

/** Where an answer comes before the body has, the connection would go on with the rest of that body. */
const endUnread: MiddlewareHandler = async (context, next) => {
  await next()
  if (incomingOf(context)?.complete === false) context.header("connection", "close")
}

/** As a listener calls it; what is left of a body after the answer is the listener's affair. */
export const handlerOf = (app: Hono) => getRequestListener(app.fetch, { autoCleanupIncoming: false })

/** Between organisations: the request is by a member's key, the answer is signed, refusals too. */
function exchange(
  app: Hono,
  node: AcesoNode,
  edge: Edge,
  path: string,
  handle: (body: Bytes, requester: string) => Promise<Cbor | Bytes>,
): void {
  app.post(path, async (context) => {
    const head = readHead(node.services, context, EXCHANGE_TAG, true)
    const refusal = (error: unknown) => errorAnswer(error, (fault) => node.onFault(fault))
    const member = await memberByKey(node.services.engine, head.key).catch(refusal)
    mustFit(context, SMALL)
    verifyHead(node.services, context, head)
    // Nothing of a stranger is kept, but it is told in the answer that it can check.
    if (member instanceof Response) return signedAnswer(node.services.ledger.seed, member, head.signature)
    await useNonce(node.services, head)
    return withSignedBody(context, head, rulesOf(edge, "members", member.member, SMALL), async (body) => {
      // Here, so that the refusal is signed as well.
      const answer = await Promise.try(() => node.services.readiness.mustServe())
        .then(() => handle(body, member.member))
        .then(cbor, refusal)
      return signedAnswer(node.services.ledger.seed, answer, head.signature)
    })
  })
}

const rulesOf = (edge: Edge, kind: keyof Edge["bodies"], caller: string, limit: number) => ({
  limit,
  shares: edge.bodies[kind],
  caller,
  graceMs: edge.bodyGraceMs,
})
