import {
  accept,
  action,
  byMember,
  type Contract,
  eventType,
  eventTypes,
  hash32,
  memberId,
  nullable,
  object,
  occurs,
  publicationKind,
  publicationSize,
  put,
  reject,
  slug,
  table,
  tables,
  uint,
} from "@aceso/core"

/** A member has so many slugs in all; those that are withdrawn count. */
export const MAX_PUBLICATIONS = 1_000

/**
 * What a member has published for everybody: the newest version of each slug (capabilities/library). It says nothing
 * about a person, so no salt hides it; `hash` is null where it is withdrawn.
 */
export const publications = table({
  name: "publications",
  key: [memberId, slug],
  row: object({
    version: uint(),
    kind: publicationKind,
    hash: nullable(hash32),
    size: uint(),
    at: uint(),
  }),
  version: 1,
  readers: "public",
})

/** How many slugs a member has: who lists them can leave none out. */
export const publicationCounts = table({
  name: "publicationCounts",
  key: [memberId],
  row: object({ count: uint() }),
  version: 1,
  readers: "public",
})

export const published = eventType({
  name: "published",
  data: object({
    member: memberId,
    slug,
    version: uint(),
    kind: publicationKind,
    hash: hash32,
    size: uint(),
  }),
  readers: "public",
})

export const withdrawn = eventType({
  name: "withdrawn",
  data: object({ member: memberId, slug, version: uint() }),
  readers: "public",
})

const publish = action({
  input: object({ slug, base: uint(), kind: publicationKind, hash: hash32, size: publicationSize }),
  callers: "a member",
  calledBy: byMember(),
  apply(state, { slug, base, kind, hash, size }, { caller: { member }, time }) {
    const there = state.get(publications, [member, slug])
    if ((there?.version ?? 0) !== base) return reject("publication_changed_meanwhile")
    if (there && there.kind !== kind) return reject("kind_differs")
    const count = state.get(publicationCounts, [member])?.count ?? 0
    if (!there && count >= MAX_PUBLICATIONS) return reject("too_many_publications")
    const version = base + 1
    return accept(
      [
        put(publications, [member, slug], { version, kind, hash, size, at: time }),
        ...(there ? [] : [put(publicationCounts, [member], { count: count + 1 })]),
      ],
      [occurs(published, { member, slug, version, kind, hash, size })],
    )
  },
})

const withdraw = action({
  input: object({ slug, base: uint() }),
  callers: "a member",
  // What is wrong about a medicine goes at once.
  urgent: true,
  calledBy: byMember(),
  apply(state, { slug, base }, { caller: { member }, time }) {
    const there = state.get(publications, [member, slug])
    if (!there) return reject("unknown_publication")
    if (there.version !== base) return reject("publication_changed_meanwhile")
    if (!there.hash) return reject("already_withdrawn")
    const version = base + 1
    return accept(
      [put(publications, [member, slug], { ...there, version, hash: null, size: 0, at: time })],
      [occurs(withdrawn, { member, slug, version })],
    )
  },
})

export const library: Contract = {
  name: "library",
  version: 1,
  tables: tables(publications, publicationCounts),
  events: eventTypes(published, withdrawn),
  reads: [],
  actions: { publish, withdraw },
}
