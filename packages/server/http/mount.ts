import {
  type Bytes,
  CASE_TAG,
  CBOR_TYPE,
  EXCHANGE_TAG,
  nameOf,
  PAIRING_TAG,
  PATIENT_TAG,
  PlatformError,
  type PublicKey,
  STAFF_TAG,
} from "@aceso/core"
import type { Context, Hono } from "hono"
import { memberByKey } from "../exchange/practitioners.ts"
import type {
  CaseRoute,
  MemberRoute,
  PairingRoute,
  PatientRoute,
  PublicCall,
  PublicRead,
  Route,
  StaffRoute,
  VisitorRoute,
} from "../modules/route.ts"
import type { Services } from "../node/services.ts"
import { mustFit, withBody, withSignedBody } from "./body.ts"
import {
  callerFor,
  mustBeAllowed,
  mustBePatient,
  readHead,
  staffOf,
  useNonce,
  verifyHead,
} from "./callers.ts"
import { BUSY, type Edge, strangerOf, strangersBody } from "./edge.ts"
import { forListeners } from "./live.ts"
import { errorAnswer, signedAnswer } from "./signed.ts"

/** Serves one route of a module: finds out who calls, reads the body, and sends what the route answers. */
export function mount(app: Hono, services: Services, edge: Edge, route: Route): void {
  app.on(route.method.toUpperCase(), route.path, handlerOf(services, edge, route))
}

type Handler = (context: Context) => Promise<Response>

function handlerOf(services: Services, edge: Edge, route: Route): Handler {
  switch (route.by) {
    case "staff":
      return forStaff(services, edge, route)
    case "patient":
    case "visitor":
      return forHandleKeys(services, edge, route)
    case "case key":
      return forCaseKeys(services, edge, route)
    case "pairing key":
      return forPairingKeys(services, edge, route)
    case "member":
      return forMembers(services, edge, route)
    case "listening staff":
    case "listening patient":
      return forListeners(services, edge, route)
    case "nobody":
      return route.method === "get" ? forReaders(services, edge, route) : forCallers(services, edge, route)
  }
}

const ok = (body: Bytes, type = CBOR_TYPE): Response =>
  new Response(body as BodyInit, { headers: { "content-type": type } })

function forStaff(services: Services, edge: Edge, route: StaffRoute): Handler {
  const { maxBytes, whileRecovering, endsCaller } = route
  const { member } = services.config
  return async (context) => {
    const head = readHead(services, context, STAFF_TAG, whileRecovering)
    const { name } = staffOf(services, head)
    mustFit(context, maxBytes)
    verifyHead(services, context, head)
    await useNonce(services, head)
    const rules = rulesOf(edge, "staff", `${member} ${name}`, maxBytes)
    return withSignedBody(context, head, rules, async (body) => {
      const answer = await route.answerTo(body, staffOf(services, head))
      // Whose time ended while it was being done is handed nothing any more.
      if (!endsCaller) staffOf(services, head)
      return ok(answer)
    })
  }
}

function forHandleKeys(services: Services, edge: Edge, route: PatientRoute | VisitorRoute): Handler {
  const { maxBytes } = route
  return async (context) => {
    const head = readHead(services, context, PATIENT_TAG)
    const place = await mustBePatient(services, context, head, route.by === "patient")
    if (route.by === "patient" && place.who === "delegate")
      await mustBeAllowed(services, place, head.key, route.delegates)
    mustFit(context, maxBytes)
    verifyHead(services, context, head)
    await useNonce(services, head)
    const rules =
      route.by === "patient"
        ? // Delegates together have a share beside the person's: nobody whom they let in holds up their calls.
          rulesOf(edge, "patients", `${place.who} ${nameOf(place.handle)}`, maxBytes)
        : rulesOf(edge, "visitors", place.custodian, maxBytes)
    return withSignedBody(context, head, rules, async (body) => {
      if (route.by === "visitor") return ok(await route.answerTo(body, head.key))
      const caller = (handle: Bytes) => callerFor(services, handle, head.key, route)
      return ok(await route.answerTo(body, caller, head.key))
    })
  }
}

/** The ledger knows which case the key is of, so that strangers get no further. */
function forCaseKeys(services: Services, edge: Edge, route: CaseRoute): Handler {
  return async (context) => {
    const head = readHead(services, context, CASE_TAG)
    const key = head.key as PublicKey
    if (!(await services.cases.ofKey(key)))
      throw new PlatformError("unknown_key", "this is the key of no case")
    await services.stocks.mustBeHeld(key)
    mustFit(context, route.maxBytes)
    verifyHead(services, context, head)
    await useNonce(services, head)
    // By address: of such keys one person may have any number.
    const rules = rulesOf(edge, "strangers", strangerOf(context), route.maxBytes)
    return withSignedBody(context, head, rules, async (body) => ok(await route.answerTo(body, key)))
  }
}

/** The key of a device whose digits were typed within ten minutes. */
function forPairingKeys(services: Services, edge: Edge, route: PairingRoute): Handler {
  return async (context) => {
    const head = readHead(services, context, PAIRING_TAG)
    const key = head.key as PublicKey
    await services.enrolments.mustBeConfirmed(key)
    mustFit(context, route.maxBytes)
    verifyHead(services, context, head)
    await useNonce(services, head)
    const rules = rulesOf(edge, "strangers", strangerOf(context), route.maxBytes)
    return withSignedBody(context, head, rules, async (body) => ok(await route.answerTo(body, key)))
  }
}

/** The request is by a member's key; the answer is signed, refusals too. */
function forMembers(services: Services, edge: Edge, route: MemberRoute): Handler {
  const { engine, ledger, readiness, onFault } = services
  const refusal = (error: unknown) => errorAnswer(error, onFault)
  return async (context) => {
    const head = readHead(services, context, EXCHANGE_TAG, true)
    const member = await memberByKey(engine, head.key).catch(refusal)
    mustFit(context, route.maxBytes)
    verifyHead(services, context, head)
    // Nothing of a stranger is kept, but it is told in the answer that it can check.
    if (member instanceof Response) return signedAnswer(ledger.seed, member, head.signature)
    if (!route.isRead) await useNonce(services, head)
    const rules = rulesOf(edge, "members", member.member, route.maxBytes)
    const { calls } = route
    return withSignedBody(context, head, rules, async (body) => {
      const work = () => route.answerTo(body, member, head.key as PublicKey)
      // Here, so that the refusal is signed as well.
      const answer = await Promise.try(() => readiness.mustServe())
        .then(() => (calls ? edge.calls[calls].call(member.member, BUSY[calls], work) : work()))
        .then(ok, refusal)
      return signedAnswer(ledger.seed, answer, head.signature)
    })
  }
}

function forCallers({ readiness }: Services, edge: Edge, route: PublicCall): Handler {
  const { calls, isOfVault, maxBytes } = route
  return async (context) => {
    if (isOfVault) readiness.mustServe()
    return withBody(context, strangersBody(edge, context, maxBytes), (body) =>
      oneOf(edge, calls, context, async () =>
        ok(await route.answerTo(body, strangerOf(context)), typeOf(route)),
      ),
    )
  }
}

function forReaders({ readiness }: Services, edge: Edge, route: PublicRead): Handler {
  const { calls, isOfVault } = route
  return async (context) => {
    if (isOfVault) readiness.mustServe()
    const work = async () => ok(await route.answerTo((name) => context.req.query(name)), typeOf(route))
    return calls ? oneOf(edge, calls, context, work) : work()
  }
}

const typeOf = ({ isJson }: Route): string => (isJson ? "application/json" : CBOR_TYPE)

const oneOf = <T>(edge: Edge, calls: keyof Edge["calls"], context: Context, work: () => Promise<T>) =>
  edge.calls[calls].call(strangerOf(context), BUSY[calls], work)

const rulesOf = (edge: Edge, kind: keyof Edge["bodies"], caller: string, limit: number) => ({
  limit,
  shares: edge.bodies[kind],
  caller,
  graceMs: edge.bodyGraceMs,
})
