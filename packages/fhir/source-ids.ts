/** The id that a resource has where an input comes from. */
export interface SourceId {
  readonly type: string
  readonly id: string
  /** Address of the FHIR server, where the input tells it; "" where it does not. */
  readonly base: string
}

/** What is known of a source's id. */
export interface Claims {
  /** The id here of what the input's source calls so. */
  readonly own: string | undefined
  /** Something has this very id here, and no source calls anything so: the id was made here. */
  readonly isOurs: boolean
  /** Something has this very id here, or is to have it. */
  readonly isTaken: boolean
}

/** What the source calls so is this here; or is to be, once it comes. */
export interface Claim extends SourceId {
  readonly idHere: string
  /** What referred to the name until now was given this id. */
  readonly before: string
}

export interface ClaimsHere {
  claims(id: SourceId): Claims
  newId(): string
}

/** A relative reference, perhaps with a version behind it. */
export const RELATIVE = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(\/_history\/[^/\s]+)?$/
const RESTFUL = /^(https?:\/\/.+)\/([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/

/** Base, type and id of an entry's address at its server; undefined: the address is of another form. */
export function restfulOf(fullUrl: string | undefined): SourceId | undefined {
  const [, base, type, id] = RESTFUL.exec(fullUrl ?? "") ?? []
  return id === undefined ? undefined : { type, id, base }
}

export const keyOfId = ({ base, type, id }: SourceId): string => `${base} ${type}/${id}`

interface Named {
  readonly id: string
  /** The id was made here, at random: it means the same wherever it stands. */
  readonly isOurs: boolean
  /** The source has used the name before. */
  readonly isKnown: boolean
  /** Others call something else so: it got another id. */
  readonly isRenamed: boolean
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
    const { own, isOurs, isTaken } = this.here.claims(name)
    if (own !== undefined) return { id: own, isOurs: false, isKnown: true, isRenamed: false }
    if (isOurs) return { id: name.id, isOurs, isKnown: false, isRenamed: false }
    const wanted = `${name.type}/${name.id}`
    const isRenamed = isTaken || this.given.has(wanted)
    this.given.add(wanted)
    return { id: isRenamed ? this.here.newId() : name.id, isOurs, isKnown: false, isRenamed }
  }
}
