import { type Answers, Input, type Opened, type Received, type TakenApart } from "./reading.ts"
import { readingThread } from "./reading-thread.ts"

/** Inputs smaller than this are read at once: the way to the other thread takes longer. */
const SMALL = 32 * 2 ** 10

/** An input on its way: opened first, then taken apart with the vault's answers; dropped at the end. */
interface Reading {
  /** Rejects with the PlatformError for which the input is refused. */
  readonly opened: Promise<Opened>
  takeApart(answers: Answers): Promise<TakenApart>
  drop(): void
}

function readHere(received: Received): Reading {
  const input = Promise.try(() => new Input(received))
  const opened = input.then((one) => one.opened)
  opened.catch(() => {}) // refused before its turn: who turns to it hears of it
  return {
    opened,
    takeApart: async (answers) => (await input).takeApart(answers),
    drop() {},
  }
}

function readThere(received: Received): Reading {
  const id = readingThread.newId()
  const opened = readingThread.ask({ id, received })
  return {
    opened: opened.then((answer) => answer.opened as Opened),
    takeApart: async (answers) => (await readingThread.ask({ id, answers })).taken as TakenApart,
    drop: () => readingThread.drop(id),
  }
}

/** So much input is read ahead of the one that is stored: enough for neither thread to wait. */
const AHEAD_BYTES = 2 * 2 ** 20

export interface AskVault {
  /** Whether the input was here before: then it is not worth taking apart before its turn. */
  isKnown(opened: Opened, index: number): boolean
  answers(opened: Opened, index: number): Promise<Answers>
}

interface Started extends Reading {
  /** Taken apart with what the vault knew early. */
  readonly early: Promise<{ readonly answers: Answers; readonly taken: TakenApart } | undefined>
}

/**
 * Reads inputs that are stored one after the other, the next ones ahead. What is read ahead is taken apart
 * with the vault's answers of that moment, and once more if they are others when its turn has come.
 */
export class Readings {
  private readonly inputs: readonly Received[]
  private readonly vault: AskVault
  private readonly readings = new Map<number, Started>()

  constructor(inputs: readonly Received[], vault: AskVault) {
    this.inputs = inputs
    this.vault = vault
  }

  /** Turns to an input; those before it are over. @throws PlatformError when it is refused */
  async open(index: number): Promise<Opened> {
    this.drop(index)
    let bytes = 0
    for (let next = index; next < this.inputs.length && bytes <= AHEAD_BYTES; next++) {
      if (!this.readings.has(next)) this.readings.set(next, this.start(next))
      if (next > index) bytes += this.inputs[next].bytes.length
    }
    return (this.readings.get(index) as Started).opened
  }

  /** Takes apart the input whose turn it is. */
  async takeApart(index: number): Promise<TakenApart> {
    const reading = this.readings.get(index) as Started
    const early = await reading.early
    const answers = await this.vault.answers(await reading.opened, index)
    return early && isSame(early.answers, answers) ? early.taken : reading.takeApart(answers)
  }

  /** Ends the readings before an input, or all of them. */
  drop(before = Number.POSITIVE_INFINITY): void {
    for (const [index, reading] of this.readings) {
      if (index >= before) continue
      reading.drop()
      this.readings.delete(index)
    }
  }

  private start(index: number): Started {
    const input = this.inputs[index]
    // What is packed may be of any size.
    const isPacked = input.bytes[0] === 0x1f && input.bytes[1] === 0x8b
    if (input.bytes.length < SMALL && !isPacked)
      return { ...readHere(input), early: Promise.resolve(undefined) }
    const reading = readThere(input)
    const early = reading.opened.then(async (opened) => {
      if (this.vault.isKnown(opened, index)) return undefined
      const answers = await this.vault.answers(opened, index)
      return { answers, taken: await reading.takeApart(answers) }
    })
    early.catch(() => {}) // who turns to it hears of it
    return { ...reading, early }
  }
}

const isSame = (a: Answers, b: Answers) => textOf(a) === textOf(b)
const textOf = ({ known, claims, persons, former, urns, bare }: Answers) =>
  JSON.stringify([known, claims, persons, [...former], urns, bare])
