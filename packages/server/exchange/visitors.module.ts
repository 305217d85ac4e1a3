import {
  consentsAnswer,
  maySearch,
  type VisitorShown,
  visitorAnswer,
  visitorQuestion,
  visitorsAnswer,
  visitorsQuestion,
} from "@aceso/client"
import { consentCopies, type MemberId } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { staffRoute, visitorRoute } from "../modules/route.ts"
import type { Vault } from "../vault/vault.ts"
import type { Visitor } from "../vault/vault-visitors.ts"
import { endOf } from "./held-copies.ts"

/** People whose records lie elsewhere. */
export const visitorsModule = serverModule({
  name: "visitors",
  needs: ["askers", "config", "live", "vault", "visitors"],
  setup: ({ askers, config, live, vault, visitors }) => ({
    routes: [
      staffRoute({
        path: "/staff/visitors",
        summary: "people whose records lie elsewhere, a page of them",
        question: visitorsQuestion,
        answer: visitorsAnswer,
        async handle({ after, limit }) {
          const found = await vault.visitors(after, limit)
          const next = found.length === limit ? (found.at(-1)?.id ?? null) : null
          return { visitors: await Promise.all(found.map((one) => shown(vault, one))), next }
        },
      }),
      staffRoute({
        path: "/staff/visitor",
        summary: "one of them, by an alias",
        question: visitorQuestion,
        answer: visitorAnswer,
        async handle(question, { role }) {
          const visitor = await vault.visitor(question)
          if (!visitor) return { visitor: null }
          const own = maySearch(role) ? await ownAliasOf(vault, config.member, visitor) : undefined
          return { visitor: { ...(await shown(vault, visitor)), ...(own !== undefined && { own }) } }
        },
      }),
      visitorRoute({
        path: "/consents",
        summary: "copies of consents of one handle, for their grantee",
        question: consentCopies,
        answer: consentsAnswer,
        async handle({ copies }, key) {
          const { alias } = await visitors.keepCopies(copies, key)
          live.toStaff("visitors")
          live.toStaff("requests", askers.of(copies[0]))
          return { alias }
        },
      }),
    ],
    windows: [{ name: "visitors", everyMs: () => config.commitWindowMs, run: () => visitors.tidy() }],
  }),
})

/** Undefined also where they are two patients here: nobody guesses which. */
async function ownAliasOf(vault: Vault, member: MemberId, { places }: Visitor): Promise<string | undefined> {
  const own = places.filter(({ custodian }) => custodian === member)
  return own.length === 1 ? (await vault.patient({ handle: own[0].handle }))?.alias : undefined
}

async function shown(vault: Vault, { id: _id, ...visitor }: Visitor): Promise<VisitorShown> {
  const now = Date.now()
  const held = await Promise.all(
    visitor.places.map(async (place) => {
      // Not how long the copy is kept: that is longer, so that it can be asked about.
      const ends = (await vault.copies(place)).map(({ copy }) => endOf(copy))
      return { custodian: place.custodian, end: Math.max(0, ...ends) }
    }),
  )
  const consents = held
    .filter(({ end }) => end > now)
    .map(({ custodian, end }) => ({ custodian, until: Number.isFinite(end) ? end : null }))
  return { ...visitor, consents }
}
