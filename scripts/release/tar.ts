import { type Entry, ordered } from "./tree.ts"

const BLOCK = 512

/**
 * A tar that is the same bytes for the same entries: sorted, owned by numbers, of one time. Longer names as GNU has them:
 * dpkg reads no others.
 * @param time seconds since 1970
 */
export function* tar(entries: readonly Entry[], time: number): Generator<Uint8Array> {
  for (const entry of ordered(entries)) {
    const link = "link" in entry ? entry.link : ""
    const isFolder = "isFolder" in entry
    const path = isFolder ? `${entry.path}/` : entry.path
    const body = "body" in entry ? entry.body() : new Uint8Array()
    for (const [type, long] of [
      ["K", link],
      ["L", path],
    ]) {
      if (Buffer.byteLength(long) <= 100) continue
      const said = Buffer.from(`${long}\0`)
      yield header({ path: "././@LongLink", mode: 0o644, size: said.length, type, link: "", time, owner: 0 })
      yield* padded(said)
    }
    const type = isFolder ? "5" : link ? "2" : "0"
    yield header({
      path,
      mode: "mode" in entry ? entry.mode : 0o777,
      size: body.length,
      type,
      link,
      time,
      owner: entry.owner ?? 0,
    })
    yield* padded(body)
  }
  yield new Uint8Array(2 * BLOCK)
}

interface Header {
  readonly path: string
  readonly mode: number
  readonly size: number
  readonly type: string
  readonly link: string
  readonly time: number
  readonly owner: number
}

function header({ path, mode, size, type, link, time, owner }: Header): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1")
  block.write(Buffer.from(path).subarray(0, 100).toString("latin1"), 0, "latin1")
  octal(mode, 100, 8)
  octal(owner, 108, 8)
  octal(owner, 116, 8)
  octal(size, 124, 12)
  octal(time, 136, 12)
  block.write("        ", 148, "latin1")
  block.write(type, 156, "latin1")
  block.write(Buffer.from(link).subarray(0, 100).toString("latin1"), 157, "latin1")
  block.write("ustar  \0", 257, "latin1")
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1")
  return block
}

function* padded(body: Uint8Array): Generator<Uint8Array> {
  if (body.length > 0) yield body
  const rest = body.length % BLOCK
  if (rest > 0) yield new Uint8Array(BLOCK - rest)
}
