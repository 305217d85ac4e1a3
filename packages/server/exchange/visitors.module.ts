import {
  consentsAnswer,
  visitorAnswer,
  visitorQuestion,
  visitorsAnswer,
  visitorsQuestion,
} from "@aceso/client"
import { consentCopies } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { staffRoute, visitorRoute } from "../modules/route.ts"
import type { Visitor } from "../vault/vault-visitors.ts"

/** People whose records lie elsewhere. */
export const visitorsModule = serverModule({
  name: "visitors",
  needs: ["config", "vault", "visitors"],
  setup: ({ config, vault, visitors }) => ({
    routes: [
      staffRoute({
        path: "/staff/visitors",
        summary: "people whose records lie elsewhere, a page of them",
        question: visitorsQuestion,
        answer: visitorsAnswer,
        async handle({ after, limit }) {
          const found = await vault.visitors(after, limit)
          const next = found.length === limit ? (found.at(-1)?.id ?? null) : null
          return { visitors: found.map(shown), next }
        },
      }),
      staffRoute({
        path: "/staff/visitor",
        summary: "one of them, by an alias",
        question: visitorQuestion,
        answer: visitorAnswer,
        async handle(question) {
          const visitor = await vault.visitor(question)
          return { visitor: visitor ? shown(visitor) : null }
        },
      }),
      visitorRoute({
        path: "/consents",
        summary: "copies of consents of one handle, for their grantee",
        question: consentCopies,
        answer: consentsAnswer,
        async handle({ copies }, key) {
          const { alias } = await visitors.keepCopies(copies, key)
          return { alias }
        },
      }),
    ],
    windows: [{ name: "visitors", everyMs: config.commitWindowMs, run: () => visitors.tidy() }],
  }),
})

const shown = ({ id: _id, ...visitor }: Visitor) => visitor
