import { parentPort } from "node:worker_threads"
import { PlatformError } from "@aceso/core"
import { type Answers, Input, type Received } from "./reading.ts"
import type { ReadingAnswer, ReadingRequest } from "./reading-thread.ts"

/** Reads inputs; keeps each from the moment it is opened until it is dropped. */
const inputs = new Map<number, Input>()

const send = (answer: ReadingAnswer) => parentPort?.postMessage(answer)

parentPort?.on("message", ({ id, received, answers }: ReadingRequest) => {
  if (received) open(id, received)
  else if (answers) takeApart(id, answers)
  else inputs.delete(id)
})

function takeApart(id: number, answers: Answers): void {
  const input = inputs.get(id)
  if (input) send({ id, taken: input.takeApart(answers) })
  else send({ id, refusal: { code: "unavailable", message: "the input is no longer read; import it again" } })
}

function open(id: number, received: Received): void {
  try {
    const input = new Input(received)
    inputs.set(id, input)
    send({ id, opened: input.opened })
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    send({ id, refusal: { code: error.code, message: error.message } })
  }
}
