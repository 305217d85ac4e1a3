import { okAnswer } from "@aceso/client"
import {
  boxOpened,
  closeBox,
  leaveLetter,
  letterRead,
  MAX_DEVICE_LETTER_BYTES,
  openBox,
  readLetter,
  sendLetter,
} from "@aceso/core"
import { publicCall, type Route } from "../modules/route.ts"
import { slowly } from "../pairing/slowly.ts"
import type { DeviceBoxes } from "./device-boxes.ts"

const SMALL_BYTES = 1024

/** Where two devices of one person meet; at the app's origin alone. */
export const deviceBoxRoutes = (boxes: DeviceBoxes): readonly Route[] => {
  const small = { calls: "app", maxBytes: SMALL_BYTES } as const
  const letter = { calls: "app", maxBytes: SMALL_BYTES + MAX_DEVICE_LETTER_BYTES, answer: okAnswer } as const
  const ok = (work: () => void) =>
    slowly(() => {
      work()
      return { ok: true as const }
    })
  return [
    publicCall({
      ...small,
      path: "/second/open",
      summary: "a device opens a box for another one of the same person",
      question: openBox,
      answer: boxOpened,
      handle: ({ box, signature }, from) => boxes.open(box, signature, from),
    }),
    publicCall({
      ...letter,
      path: "/second/send",
      summary: "the new device leaves its next sealed letter",
      question: sendLetter,
      handle: (given) => ok(() => boxes.send(given)),
    }),
    publicCall({
      ...letter,
      path: "/second/leave",
      summary: "the first device leaves its next sealed letter",
      question: leaveLetter,
      handle: (given) => ok(() => boxes.leave(given)),
    }),
    publicCall({
      ...small,
      path: "/second/read",
      summary: "a letter, where it is there yet; what holds the secret is taken once",
      question: readLetter,
      answer: letterRead,
      handle: (given) => slowly(() => boxes.read(given)),
    }),
    publicCall({
      ...small,
      path: "/second/close",
      summary: "the first device closes its box",
      question: closeBox,
      answer: okAnswer,
      handle: ({ box, signature }) => ok(() => boxes.close(box, signature)),
    }),
  ]
}
