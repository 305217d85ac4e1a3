import {
  type Attested,
  type Checkpoint,
  checkpointBytes,
  type GenesisDocument,
  type MemberId,
  nameOf,
  PlatformError,
  sha256,
  verifyAttestation,
} from "@aceso/core"
import type { Finding, FindingKind } from "./source.ts"

/** Checkpoints that are remembered, to be compared with what other sources show of the same height. */
const REMEMBERED = 4_096

interface Seen {
  readonly hash: string
  readonly by: Set<MemberId>
}

/** What the sources showed of the chain so far: nothing of it may contradict what is said later. */
export class Trust {
  private readonly anchor: GenesisDocument
  private readonly seen = new Map<number, Seen>()
  private readonly told = new Set<string>()
  private tip: Checkpoint | undefined
  onFinding: (finding: Finding) => void = () => {}

  constructor(anchor: GenesisDocument) {
    this.anchor = anchor
  }

  /** The newest that any source showed. */
  get newest(): Checkpoint | undefined {
    return this.tip
  }

  /**
   * Takes what a source shows as attested.
   * @throws PlatformError `bad_proof`: it is attested by nobody who may; `history_forked`: another source shows another
   * block of that height, attested as well
   */
  accept(member: MemberId, attested: Attested): void {
    const { checkpoint } = attested
    const bad = (why: string) =>
      new PlatformError("bad_proof", `${member} shows a checkpoint that does not hold: ${why}`)
    verifyAttestation(attested, this.anchor, bad)
    const { height } = checkpoint
    const hash = nameOf(sha256(checkpointBytes(checkpoint)))
    const before = this.seen.get(height)
    if (before && before.hash !== hash) {
      const others = [...before.by].join(", ")
      this.note(member, "forked", `block ${height} is another one than ${others} showed, both attested`)
      throw new PlatformError(
        "history_forked",
        `${member} and ${others} show two histories: block ${height} is not the same; ask the other members which one they have`,
      )
    }
    if (before) before.by.add(member)
    else this.remember(height, { hash, by: new Set([member]) })
    if (!this.tip || height > this.tip.height) this.tip = checkpoint
  }

  /** Whether a second source has shown this very block. */
  isConfirmed({ height }: Checkpoint): boolean {
    return (this.seen.get(height)?.by.size ?? 0) > 1
  }

  /** Told once for each source and kind, until it does well again. */
  note(member: MemberId, kind: FindingKind, detail: string): void {
    const name = `${member} ${kind}`
    if (this.told.has(name)) return
    this.told.add(name)
    this.onFinding({ member, kind, detail })
  }

  /** It answered as it should. */
  doesWell(member: MemberId, kind: FindingKind): void {
    this.told.delete(`${member} ${kind}`)
  }

  private remember(height: number, seen: Seen): void {
    this.seen.set(height, seen)
    if (this.seen.size <= REMEMBERED) return
    const [oldest] = this.seen.keys()
    this.seen.delete(oldest)
  }
}
