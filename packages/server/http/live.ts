import {
  contentDigest,
  mustBeDigest,
  nameOf,
  PATIENT_TAG,
  PlatformError,
  type PublicKey,
  type RequestHead,
  STAFF_TAG,
} from "@aceso/core"
import type { Context } from "hono"
import type { Audience } from "../live/hub.ts"
import { patientStanding, staffStanding } from "../live/standing.ts"
import type { Standing } from "../live/stream.ts"
import type { LiveRoute } from "../modules/route.ts"
import type { Services } from "../node/services.ts"
import { mustFit } from "./body.ts"
import { placeNamed, readHead, staffOf, useNonce, verifyHead } from "./callers.ts"
import { BUSY, type Edge, incomingOf } from "./edge.ts"
import { errorAnswer } from "./signed.ts"

/** Of no bytes: a request that listens has no body. */
const NO_BODY = contentDigest(new Uint8Array(0))
const RETRY_S = 5

interface Listening {
  readonly head: RequestHead
  readonly audience: Audience
  readonly standing: () => Promise<Standing | undefined>
  /** Who holds a share of the streams. */
  readonly caller: string
  /** The handle that a delegate acts for: whoever is let in never takes what is the person's own. */
  readonly actsFor?: string
}

/** Answers with events for as long as whoever signed may hear them (docs/decisions/0047-live-updates.md). */
export function forListeners(services: Services, edge: Edge, { by }: LiveRoute) {
  const listening = by === "listening staff" ? staffListening : patientListening
  return async (context: Context): Promise<Response> => {
    const { head, audience, standing, caller, actsFor } = await listening(services, context)
    mustFit(context, 0)
    mustBeDigest(head, NO_BODY)
    verifyHead(services, context, head)
    await useNonce(services, head)
    const first = await standing()
    if (!first) throw notYours()
    const { delegates, live: shares } = edge.calls
    if (actsFor !== undefined && !delegates.take(actsFor, 1)) return busy(services, BUSY.delegates)
    const give = () => {
      if (actsFor !== undefined) delegates.give(actsFor, 1)
    }
    if (!shares.take(caller, 1)) {
      give()
      return busy(services, BUSY.live)
    }
    const end = () => {
      give()
      shares.give(caller, 1)
    }
    const { live, onFault } = services
    const stream = live.listen(audience, first, {
      ...{ standing, onFault },
      onEnd: end,
      onDrop: () => incomingOf(context)?.socket.destroy(),
    })
    if (stream)
      return new Response(stream.body, {
        headers: {
          "content-type": "text/event-stream",
          "cache-control": "no-store, no-transform",
          // A proxy in front would hold events back otherwise.
          "x-accel-buffering": "no",
        },
      })
    end()
    return busy(services, "this node ends")
  }
}

async function staffListening(services: Services, context: Context): Promise<Listening> {
  const head = readHead(services, context, STAFF_TAG)
  const { name } = staffOf(services, head)
  return {
    ...{ head, audience: { staff: name }, caller: `${services.config.member} ${name}` },
    standing: async () => staffStanding(services, head.key),
  }
}

/** Whoever has no key of a handle here hears the same, whether there is such a handle or not. */
async function patientListening(services: Services, context: Context): Promise<Listening> {
  const head = readHead(services, context, PATIENT_TAG)
  const { handle } = placeNamed(services, context, true)
  const standing = () => patientStanding(services, handle, head.key as PublicKey)
  const first = await standing()
  if (!first) throw notYours()
  const listening = { head, standing, audience: { handle } }
  if (!first.isDelegate) return { ...listening, caller: nameOf(handle) }
  return { ...listening, caller: nameOf(handle) + nameOf(head.key), actsFor: nameOf(handle) }
}

const notYours = () => new PlatformError("not_permitted", "there is nothing to hear for this key")

function busy({ onFault }: Pick<Services, "onFault">, why: string): Response {
  const answer = errorAnswer(new PlatformError("busy", `${why} at this moment; try again later`), onFault)
  answer.headers.set("retry-after", String(RETRY_S))
  return answer
}
