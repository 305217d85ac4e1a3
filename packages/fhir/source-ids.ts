/** The id that a resource has where an input comes from. */
export interface SourceId {
  readonly type: string
  readonly id: string
  /** Address of the FHIR server, where the input tells it; "" where it does not. */
  readonly base: string
}

/** What is known of a source's id. */
export interface Claims {
  /** The id here of what the input's source calls so; where it is ambiguous, one that is kept for a real one. */
  readonly own: string | undefined
  /** The source has used the name with a server's address only, and it stands here without one. */
  readonly isOfServer: boolean
  /** The source has used the name without a server's address only, and it stands here with one: what that is here. */
  readonly bare: string | undefined
  /** Only a create gave the name, which is the sender's for the moment: others may be given it too. */
  readonly isTemporary: boolean
  /** Creates gave the name to two: which of them is meant by it nobody can say. */
  readonly isAmbiguous: boolean
  /** Something has this very id here, which was made here: no source brought it. */
  readonly isOurs: boolean
  /** Something has this very id here, or is to have it. */
  readonly isTaken: boolean
}

/** What the source calls so is this here; or is to be, once it comes. */
export interface Claim extends SourceId {
  /** `undefined`: of two, so of neither. */
  readonly idHere: string | undefined
  /** A create gave the name. */
  readonly isTemporary: boolean
  /** What referred to the name until now was given this id. */
  readonly before: string
}

export interface ClaimsHere {
  claims(id: SourceId): Claims
  newId(): string
}

/** A relative reference, perhaps with a version behind it. */
export const RELATIVE = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(\/_history\/[^/\s]+)?$/
const RESTFUL = /^(https?:\/\/.+?)\/([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(\/_history\/[^/\s]+)?$/
const URN = /^(urn:uuid|urn:oid):([A-Za-z0-9\-.]{1,64})$/

/** Base, type and id of an address at a server, whatever version it names; undefined: it is of another form. */
export function restfulOf(
  address: string | undefined,
): (SourceId & { readonly version: string }) | undefined {
  const [, base, type, id, version = ""] = RESTFUL.exec(address ?? "") ?? []
  return id === undefined ? undefined : { type, id, base, version }
}

/** A name that is the same at every server; of what type, it does not tell. */
export function urnOf(address: string | undefined): Omit<SourceId, "type"> | undefined {
  const [, base, id] = URN.exec(address ?? "") ?? []
  return id === undefined ? undefined : { base, id }
}

/** How absolute references call a Patient of this name; undefined: none does. */
export function addressOf({ type, id, base }: SourceId): string | undefined {
  if (base === "") return undefined
  return base.startsWith("urn:") ? `${base}:${id}` : `${base}/${type}/${id}`
}

export const keyOfId = ({ base, type, id }: SourceId): string => `${base} ${type}/${id}`

/** What a name of the source is here. */
export interface Named {
  readonly id: string
  /** The id was made here, at random: it means the same wherever it stands. */
  readonly isOurs: boolean
  /** The source has used the name before. */
  readonly isKnown: boolean
  /** See `Claims`. */
  readonly isOfServer: boolean
  /** Others call something else so: it got another id. */
  readonly isRenamed: boolean
  readonly isTemporary: boolean
  /** The source has called two by it: it leads to neither. */
  readonly isAmbiguous: boolean
}

/**
 * What an input's source calls `Type/id`, here. Ids belong to their source: what another source calls so is something
 * else, and gets another id. No source is ours; ids that were made here are ours in whatever input they stand.
 */
export class SourceIds {
  private readonly here: ClaimsHere
  private readonly known = new Map<string, Named>()
  /** Ids that names of this input were the first to get. */
  private readonly given = new Set<string>()

  constructor(here: ClaimsHere) {
    this.here = here
  }

  of(name: SourceId): Named {
    const key = keyOfId(name)
    const found = this.known.get(key) ?? this.look(name)
    this.known.set(key, found)
    return found
  }

  private look(name: SourceId): Named {
    const { own, isOurs, isTaken, ...flags } = this.here.claims(name)
    const { isOfServer, isTemporary, isAmbiguous } = flags
    const plain = { isOurs: false, isKnown: false, isRenamed: false, isOfServer, isTemporary, isAmbiguous }
    if (own !== undefined) return { ...plain, id: own, isKnown: !isAmbiguous }
    if (isOurs) return { ...plain, id: name.id, isOurs }
    const wanted = `${name.type}/${name.id}`
    const isRenamed = isTaken || this.given.has(wanted)
    this.given.add(wanted)
    return { ...plain, id: isRenamed ? this.here.newId() : name.id, isRenamed }
  }
}
