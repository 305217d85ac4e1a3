import type { ConsentCopy, Handle, MemberId } from "@aceso/core"

/** The part of the vault port about people whose records lie elsewhere. */
export interface VaultVisitors {
  /**
   * Makes the places one visitor's: of the visitors that have any of them the oldest, into which the others fold, or
   * else a new one. `folded`: the aliases that name that visitor from now on.
   */
  joinPlaces(
    places: readonly VisitorPlace[],
    how: NewVisitor,
  ): Promise<{ readonly visitor: Visitor; readonly folded: readonly string[] }>
  /** By an alias that was folded into another as well. */
  visitor(by: { place: VisitorPlace } | { alias: string }): Promise<Visitor | undefined>
  /** Visitors in the order of their ids. @param after an id; 0: from the first */
  visitors(after: number, limit: number): Promise<readonly Visitor[]>
  /** How many visitors became known since then by copies of consents at this custodian alone. */
  visitorsByCopySince(custodian: MemberId, since: number): Promise<number>
  /** Sets the copies of consents for a place; those that were there before are gone. @param lookAt ms */
  setCopies(place: VisitorPlace, copies: readonly HeldCopy[], lookAt: number): Promise<void>
  copies(place: VisitorPlace): Promise<readonly HeldCopy[]>
  /** Places whose copies are to be looked at by now, the longest due first. */
  dueCopies(now: number, limit: number): Promise<readonly VisitorPlace[]>
  /** Of all places at a custodian. */
  copyTotals(custodian: MemberId): Promise<CopyTotals>
  /** Deletes at most so many visitors whose time is over, and of whom there is no copy. @returns how many */
  forgetVisitors(now: number, limit: number): Promise<number>
}

/** Where somebody's records lie: a handle at a custodian, mostly another one. */
export interface VisitorPlace {
  readonly custodian: MemberId
  readonly handle: Handle
}

/** A person whose records lie elsewhere. */
export interface Visitor {
  readonly id: number
  readonly alias: string
  /** ms */
  readonly since: number
  readonly places: readonly VisitorPlace[]
  /** Aliases of visitors that turned out to be this one. */
  readonly also: readonly string[]
}

/** A copy of a consent, and what is known of it. */
export interface HeldCopy {
  readonly copy: ConsentCopy
  /** The ledger had it; else it is the patient's word. */
  readonly isProven: boolean
  /** ms */
  readonly until: number
}

export interface CopyTotals {
  readonly places: number
  /** As they lie in the vault. */
  readonly bytes: number
}

export interface NewVisitor {
  readonly now: number
  /** Not forgotten before, ms; nor while there are copies. */
  readonly keptUntil: number
  /** A visitor that is new is known by copies of consents at this custodian alone; null: by a card. */
  readonly byCopyFrom: MemberId | null
}
