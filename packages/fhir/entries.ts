import type { JsonObject } from "@aceso/core"
import { type Condition, isTrustedMatch, matchesOf, severalMatches, type Wrong } from "./conditions.ts"
import { Identities, type PeopleHere } from "./identities.ts"
import { givenId, isNamed, type Request, sourceIdOf } from "./requests.ts"
import { type Claim, type Named, type SourceId, SourceIds, urnOf } from "./source-ids.ts"
import { isOlder, type Said } from "./source-times.ts"

export interface BundleContext extends PeopleHere {
  /** The id that a create at this place (-1: a lone resource) made when the very same input came before. */
  formerId(index: number): string | undefined
  /** What another input of the source called by this urn. */
  byUrn(urn: string): Standing | undefined
  /** What the source has sent under this name, but without an address; not asked of Patients. */
  withoutServer(name: SourceId): StandingContent | undefined
  /** The newest that the source has said of it before, and its id here. */
  said(name: SourceId): SaidHere | undefined
}

export interface SaidHere extends Said {
  readonly id: string
}

/** What stands here, and with whom. */
export interface Standing {
  readonly type: string
  readonly id: string
  /** Ids of patients. */
  readonly patients: readonly string[]
}

export interface StandingContent extends Standing {
  /** The newest version, as JSON. */
  readonly text: string
}

/** What becomes of it. */
export interface TakenEntry {
  readonly type: string
  readonly id: string
  readonly resource: JsonObject
  readonly fullUrl: string | undefined
  /** What its source calls it, where that is said. */
  readonly sourceId: SourceId | undefined
  readonly isExisting: boolean
  readonly isNew: boolean
  /** Its source's id means something else here already: it got another one. */
  readonly isRenamed: boolean
  readonly isByCondition: boolean
  readonly isEnd: boolean
  /** Its source has said something newer since, then (ms): it changes nothing. */
  readonly newer: number | undefined
  /** What later inputs of the source may refer to. */
  readonly claims: readonly Claim[]
}

type Found = Pick<TakenEntry, "id" | "isExisting" | "isNew">
type Conditional = Extract<Request["how"], { readonly condition: Condition }>

/** Gives the entries of one input their ids, one after the other. */
export class Entries {
  readonly identities: Identities
  readonly sourceIds: SourceIds
  private readonly context: BundleContext
  /** What conditions of this input made or found so far: an equal one finds it. */
  private readonly settled = new Map<string, string>()

  constructor(context: BundleContext) {
    this.context = context
    this.sourceIds = new SourceIds(context)
    this.identities = new Identities(context, this.sourceIds)
  }

  /** @param saidAt ms: when its source set it so */
  take(request: Request, index: number, saidAt?: number): TakenEntry | Wrong {
    const { type, resource, fullUrl } = request
    const sourceId = sourceIdOf(request)
    const isEnd = request.how.kind === "end"
    const last = sourceId && saidAt !== undefined ? this.context.said(sourceId) : undefined
    if (last && isOlder(saidAt, isEnd, last, this.context.rules.now))
      return overtaken(request, sourceId, last)
    if (isEnd && sourceId && this.context.claims(sourceId).bare !== undefined) return unclearEnd(sourceId)
    const found = this.identityOf(request, index, sourceId)
    if ("reason" in found) return found
    const named = sourceId && isNamed(request) ? this.sourceIds.of(sourceId) : undefined
    const claim = sourceId && named && this.claimOf(request.how, sourceId, named, found.id)
    const claims = [...(claim ? [claim] : []), ...this.urnClaims(request, sourceId, found.id)]
    const isRenamed = type !== "Patient" && named?.isRenamed === true && named.id === found.id
    const isByCondition = "condition" in request.how
    const newer = undefined
    return { type, resource, fullUrl, sourceId, isRenamed, isByCondition, isEnd, newer, claims, ...found }
  }

  /** What later inputs of the source mean by the entry's name. */
  private claimOf(
    how: Request["how"],
    sourceId: SourceId,
    { id: before, isOurs, isKnown, isTemporary, isAmbiguous }: Named,
    idHere: string,
  ): Claim | undefined {
    if (isOurs && before === idHere) return undefined
    const isByCreate = how.kind === "create" || how.kind === "createIfNone"
    if (!isByCreate) return { ...sourceId, idHere, before, isTemporary: false }
    // The id in a create is the sender's for the moment: it takes no name from whom the source called so by a real one,
    // and where another create had it, it is neither's.
    if (isAmbiguous) return undefined
    if (before === idHere) return { ...sourceId, idHere, before, isTemporary: isTemporary || !isKnown }
    if (!this.isSomebody(before)) return { ...sourceId, idHere, before, isTemporary: true }
    return isTemporary ? { ...sourceId, idHere: undefined, before, isTemporary } : undefined
  }

  /** A Patient who has an id is called by its urn as well, where other files know no other name. */
  private urnClaims({ type, fullUrl }: Request, sourceId: SourceId | undefined, idHere: string): Claim[] {
    const urn = type === "Patient" ? urnOf(fullUrl) : undefined
    if (!urn || !sourceId || sourceId.id === urn.id) return []
    const name = { type, ...urn }
    // Files number their urns from 1: another one's is another's.
    const claim = this.claimOf(AS_CREATED, name, this.sourceIds.of(name), idHere)
    return claim ? [claim] : []
  }

  private isSomebody(id: string): boolean {
    return this.context.person(id) !== undefined
  }

  private identityOf(request: Request, index: number, sourceId: SourceId | undefined): Found | Wrong {
    const { type, resource, how } = request
    if (how.kind === "create") return this.created(type, resource, index)
    if ("id" in how) return this.named(resource, sourceId as SourceId, index)
    return this.where(request, how, index, sourceId)
  }

  private where(
    request: Request,
    how: Conditional,
    index: number,
    sourceId: SourceId | undefined,
  ): Found | Wrong {
    const { condition, query } = how
    const name = JSON.stringify([condition.type, condition.system, condition.value])
    const settled = this.settled.get(name)
    const groups = settled === undefined ? matchesOf(this.context, condition) : [[settled]]
    // What the very same condition made or found the first time is what it finds.
    const former = this.context.formerId(index)
    if (former !== undefined && groups.some((group) => group.includes(former)))
      return this.foundOne(request, how, former, { isFormer: true })
    if (groups.length > 1) return severalMatches(condition, groups.flat(), query)
    const found =
      groups.length === 0
        ? this.foundNothing(request, how, index, sourceId)
        : this.foundOne(request, how, this.closest(request, groups[0]), {
            given: givenId(request.resource) && sourceId,
          })
    if (!("reason" in found)) this.settled.set(name, found.id)
    return found
  }

  private created(type: string, resource: JsonObject, index: number): Found {
    const former = this.context.formerId(index)
    if (type === "Patient") return { ...this.identities.unnamed(resource, former), isExisting: false }
    return { id: former ?? this.context.newId(), isNew: former === undefined, isExisting: false }
  }

  private named(resource: JsonObject, sourceId: SourceId, index: number): Found | Wrong {
    if (sourceId.type === "Patient") {
      const identity = this.identities.named(resource, sourceId, this.context.formerId(index))
      return identity ? { ...identity, isExisting: false } : TWO_PEOPLE
    }
    const { id, isKnown } = this.sourceIds.of(sourceId)
    return { id: isKnown ? id : (this.context.formerId(index) ?? id), isNew: false, isExisting: false }
  }

  private closest({ type, resource }: Request, group: readonly string[]): string {
    return type === "Patient" ? this.identities.closest(resource, group) : group[0]
  }

  private foundNothing(
    request: Request,
    how: Conditional,
    index: number,
    sourceId: SourceId | undefined,
  ): Found | Wrong {
    const { type, resource } = request
    // What the very same condition made the first time is there, though it may have another identifier by now.
    const former = this.context.formerId(index)
    if (former !== undefined) return this.foundOne(request, how, former, { isFormer: true })
    // R4: a conditional update that finds nothing creates, under the id that the resource has.
    if (how.kind === "updateWhere" && sourceId && givenId(resource) !== undefined)
      return this.named(resource, sourceId, index)
    return this.created(type, resource, index)
  }

  private foundOne(
    { type, resource }: Request,
    how: Conditional,
    id: string,
    { given, isFormer = false }: { readonly given?: SourceId | "" | undefined; readonly isFormer?: boolean },
  ): Found | Wrong {
    const isUpdate = how.kind === "updateWhere"
    if (isUpdate && given && this.sourceIds.of(given).id !== id)
      return {
        reason: "bad_id",
        detail: `the condition finds ${type}/${id}, and the resource says that it is ${type}/${given.id}`,
      }
    if (type !== "Patient") return { id, isNew: !isUpdate, isExisting: !isUpdate }
    const isTrusted = isFormer || isTrustedMatch(this.context, how.condition, id)
    const identity = this.identities.found(resource, id, { mayCorrect: isUpdate, isTrusted })
    return { ...identity, isExisting: !isUpdate && identity.id === id }
  }
}

const AS_CREATED: Request["how"] = { kind: "create" }

/** It stands for what is here, and says nothing of who or whose that is. */
const overtaken = (
  { type, resource, fullUrl, how }: Request,
  sourceId: SourceId | undefined,
  { id, at }: SaidHere,
): TakenEntry => ({
  type,
  id,
  resource,
  fullUrl,
  sourceId,
  isExisting: true,
  isNew: false,
  isRenamed: false,
  isByCondition: false,
  isEnd: how.kind === "end",
  newer: at,
  claims: [],
})

const unclearEnd = ({ type, id, base }: SourceId): Wrong => ({
  reason: "deletion_unclear",
  detail: `its source has deleted ${type}/${id} at ${base}, and has sent ${type}/${id} without a server's address: whether that is the same, it does not say; send the deletion as the record was sent, or the record as entered in error`,
})

const TWO_PEOPLE: Wrong = {
  reason: "one_id_two_people",
  detail:
    "an entry before it says of the same Patient id what cannot be of one person; send them under two ids",
}
