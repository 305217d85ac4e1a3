import { okAnswer } from "@aceso/client"
import { beginPairing, object, pairingBegun, pairingCode, pairingState, showPairingKey } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { publicCall } from "../modules/route.ts"
import { slowly } from "./slowly.ts"

const MAX_BYTES = 1024

/** The new device's side of a pairing: whoever has the code. */
export const pairingModule = serverModule({
  name: "pairing",
  needs: ["pairings"],
  setup: ({ pairings }) => {
    const common = { maxBytes: MAX_BYTES, isOfVault: true, calls: "pairing" } as const
    return {
      routes: [
        publicCall({
          ...common,
          path: "/pairing/begin",
          summary: "a new device with a code commits to its key",
          question: beginPairing,
          answer: pairingBegun,
          handle: ({ code, commitment }) => slowly(() => pairings.begin(code, commitment)),
        }),
        publicCall({
          ...common,
          path: "/pairing/key",
          summary: "the new device shows its key",
          question: showPairingKey,
          answer: okAnswer,
          handle: ({ code, key, possession }) =>
            slowly(() => {
              pairings.show(code, key, possession)
              return { ok: true as const }
            }),
        }),
        publicCall({
          ...common,
          path: "/pairing/state",
          summary: "whether the digits were typed",
          question: object({ code: pairingCode }),
          answer: pairingState,
          handle: ({ code }) =>
            slowly(() => {
              const { isConfirmed } = pairings.state(code)
              return { isConfirmed }
            }),
        }),
      ],
    }
  },
})
