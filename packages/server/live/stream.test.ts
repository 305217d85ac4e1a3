import assert from "node:assert/strict"
import { describe, it, type TestContext } from "node:test"
import { HEARTBEAT_MS, type LiveTopic, STAFF_TOPICS } from "@aceso/client/live-topics.ts"
import { GAP_MS, LIFETIME_MS, LiveStream, type Standing, type StreamOptions } from "./stream.ts"

const ALL: Standing = { topics: new Set<LiveTopic>(STAFF_TOPICS) }

function opened(context: TestContext, options: Partial<StreamOptions> = {}, first = ALL) {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 })
  const said: string[] = []
  const stream = new LiveStream(
    {
      standing: async () => ALL,
      onEnd: () => said.push("ended"),
      onDrop: () => said.push("dropped"),
      onFault: (error) => said.push(String(error)),
      ...options,
    },
    first,
  )
  const reader = stream.body.getReader()
  const decoder = new TextDecoder()
  /** What has come: names of events, `:` for a comment, `end`, `broken`. */
  const heard: string[] = []
  const sizes: number[] = []
  const readOne = async (): Promise<boolean> => {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }))
    if (!value) {
      heard.push("end")
      return false
    }
    sizes.push(value.length)
    for (const part of decoder.decode(value).split("\n\n").slice(0, -1))
      heard.push(/^event: (\w+)\ndata: new\n/.exec(part)?.[1] ?? ":")
    return !done
  }
  const readAll = async () => {
    while (await readOne());
  }
  return { stream, said, heard, sizes, readOne, readAll, tick: (ms: number) => pass(context, ms) }
}
/** Time goes by, and whatever waits for nothing else is done. */
async function pass(context: TestContext, ms: number): Promise<void> {
  context.mock.timers.tick(ms)
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

describe("a stream of events", () => {
  it("says first that it is ready; what comes together is one event of each topic, and all parts are of one length", async (context) => {
    const { stream, heard, sizes, readAll, tick } = opened(context)
    void readAll()
    for (let i = 0; i < 100; i++) stream.tell(i % 2 === 0 ? "inbox" : "desk")
    await tick(0)
    assert.deepEqual(heard, ["ready", "inbox", "desk"])
    // Within the gap nothing comes, and after it one of each.
    for (let i = 0; i < 100; i++) stream.tell("inbox")
    await tick(GAP_MS - 1)
    assert.equal(heard.length, 3)
    await tick(1)
    assert.deepEqual(heard.slice(3), ["inbox"])
    await tick(HEARTBEAT_MS)
    assert.deepEqual(heard.slice(4), [":"])
    assert.deepEqual(sizes, [64, 128, 64, 64])
    stream.end()
  })

  it("ends by itself, and tells nothing any more", async (context) => {
    const { stream, said, heard, readAll, tick } = opened(context)
    void readAll()
    await tick(LIFETIME_MS)
    stream.tell("inbox")
    await tick(GAP_MS)
    assert.deepEqual([said, heard.at(-1), heard.includes("inbox")], [["ended"], "end", false])
  })

  it("drops a reader who does not read, and holds no more than a topic once until then", async (context) => {
    const { stream, said, tick } = opened(context)
    for (let i = 0; i < 50; i++) {
      stream.tell("inbox")
      await tick(GAP_MS)
    }
    // `ready` and one event stand there; a comment has no room either.
    assert.deepEqual(said, [])
    await tick(HEARTBEAT_MS)
    assert.deepEqual(said, [])
    await tick(HEARTBEAT_MS)
    assert.deepEqual(said, ["ended", "dropped"])
  })

  it("goes on with what waited when it is read again", async (context) => {
    const { stream, heard, readOne, tick, said } = opened(context)
    for (const topic of ["inbox", "desk", "visitors"] as const) {
      stream.tell(topic)
      await tick(GAP_MS)
    }
    await tick(HEARTBEAT_MS)
    for (let i = 0; i < 2; i++) await readOne()
    await tick(GAP_MS)
    await readOne()
    assert.deepEqual(heard, ["ready", "inbox", "desk", "visitors"])
    await tick(HEARTBEAT_MS)
    assert.deepEqual(said, [])
    stream.end()
  })

  const standings: readonly (readonly [string, Standing | undefined | Error, readonly string[]])[] = [
    ["whose right ended hears nothing more", undefined, ["ready", "end"]],
    ["whose right cannot be looked up hears nothing more", new Error("no disk"), ["ready", "end"]],
    ["hears only what it may", { topics: new Set<LiveTopic>(["desk"]) }, ["ready", "desk"]],
  ]
  for (const [what, then, expected] of standings)
    it(`a listener ${what}`, async (context) => {
      const standing = async () => {
        if (then instanceof Error) throw then
        return then
      }
      const { stream, heard, readAll, tick, said } = opened(context, { standing })
      void readAll()
      stream.tell("inbox")
      stream.tell("desk")
      await tick(0)
      assert.deepEqual(heard, expected)
      assert.equal(said.includes("Error: no disk"), then instanceof Error)
      stream.end()
    })

  it("ends when the time of its listener does, without an event", async (context) => {
    const end = 1_000_000 + 40_000
    const standing = async () => (Date.now() < end ? { ...ALL, until: end } : undefined)
    const { heard, readAll, tick } = opened(context, { standing }, { ...ALL, until: end })
    void readAll()
    await tick(39_999)
    assert.equal(heard.includes("end"), false)
    await tick(1)
    assert.equal(heard.at(-1), "end")
  })

  it("ends when the rights of its listener are others, without an event", async (context) => {
    let rights = "doctor false"
    const { stream, heard, readAll, tick } = opened(
      context,
      { standing: async () => ({ ...ALL, rights }) },
      { ...ALL, rights },
    )
    void readAll()
    await stream.check()
    assert.equal(heard.includes("end"), false)
    rights = "clerk false"
    stream.tell("inbox")
    await stream.check()
    await tick(1)
    assert.equal(heard.at(-1), "end")
    assert.equal(heard.includes("inbox"), false)
  })

  it("is over when its reader goes", async (context) => {
    const { stream, said } = opened(context)
    await stream.body.cancel().catch(() => {})
    stream.end()
    assert.deepEqual(said, ["ended"])
  })
})
