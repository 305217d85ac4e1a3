import { okAnswer } from "@aceso/client"
import { getWrapped, gotWrapped, putWrapped, WRAPPED_BYTES } from "@aceso/core"
import { publicCall, type Route } from "../modules/route.ts"
import type { WrappedStore } from "./wrapped-store.ts"

const ENVELOPE_BYTES = 1024

/** What the app's operator keeps for patients' devices; at the app's origin alone. */
export const wrappedRoutes = (store: WrappedStore): readonly Route[] => [
  publicCall({
    path: "/wrapped/get",
    summary: "what a device keeps under an id that nobody guesses",
    calls: "app",
    maxBytes: ENVELOPE_BYTES,
    question: getWrapped,
    answer: gotWrapped,
    handle: async ({ id }) => ({ record: await store.get(id) }),
  }),
  publicCall({
    path: "/wrapped/put",
    summary: "keeps the next version of it, in its owner's word",
    calls: "app",
    maxBytes: WRAPPED_BYTES + ENVELOPE_BYTES,
    question: putWrapped,
    answer: okAnswer,
    async handle(given, from) {
      await store.put(given, from)
      return { ok: true }
    },
  }),
]
