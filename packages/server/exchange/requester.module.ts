import {
  accessAnswer,
  accessQuestion,
  attachmentAnswer,
  attachmentQuestion,
  historyAnswer,
  historyQuestion,
} from "@aceso/client"
import { type AccessRequest, PlatformError } from "@aceso/core"
import { serverModule } from "../modules/module.ts"
import { staffRoute } from "../modules/route.ts"
import { withAttachment } from "./attachments.ts"
import { withRoom } from "./room.ts"
import { staffAttachment } from "./staff-attachment.ts"

/** What practitioners ask of other organisations, shown beside what is here. */
export const requesterModule = serverModule({
  name: "requester",
  needs: [
    "askers",
    "config",
    "live",
    "notices",
    "ownView",
    "personnel",
    "promises",
    "requester",
    "vault",
    "visitors",
  ],
  setup: ({ askers, config, live, personnel, promises, requester, ...services }) => ({
    routes: [
      staffRoute({
        path: "/staff/request",
        summary: "proves a patient's card as a whole and sends each other custodian its statement",
        check: ({ key }) => void personnel.proofOf(key),
        question: accessQuestion,
        answer: accessAnswer,
        async handle({ card, wish, words }, { key, name }) {
          const proof = personnel.proofOf(key)
          if (words.length !== card.statements.length)
            throw new PlatformError("bad_input", "words: expected one for each statement of the card")
          const { visitor, folded } = await services.visitors.keepCard(card)
          live.toStaff("visitors")
          askers.note(card.statements, name)
          const requests = words.map(({ requestId, time, signature }, i): AccessRequest => {
            const statement = card.statements[i]
            const practitioner = { proof, signature }
            return { network: statement.network, requestId, statement, ...wish, time, practitioner }
          })
          // Of its own patients an organisation asks nobody: whoever treats them reads what is here.
          const others = requests.filter(({ statement }) => statement.custodian !== config.member)
          const outcomes = await requester.request(others)
          return { outcomes, visitor: visitor.alias, folded }
        },
      }),
      staffRoute({
        path: "/staff/history",
        summary: "the merged, verified history",
        question: historyQuestion,
        answer: historyAnswer,
        async handle({ purpose, asked, alsoOwn, ownSince, filter }, who) {
          const { visitors, ownView, notices } = services
          const proof = personnel.proofOf(who.key)
          const ownPlace = alsoOwn ? [{ custodian: config.member, handle: alsoOwn }] : []
          await visitors.mustBeOne([...asked, ...ownPlace])
          askers.note([...asked, ...ownPlace], who.name)
          const copies = await visitors.copiesOf(asked)
          const { key, role } = proof.practitioner
          const own = alsoOwn
            ? await ownView.of(
                alsoOwn,
                { key, role, purpose, name: who.name, what: "history" },
                ownSince,
                filter,
              )
            : { lines: [], drugs: [], joined: [], lost: [], own: null }
          const others = asked.filter(({ custodian }) => custodian !== config.member)
          const history = await requester.history(others, purpose, proof, copies, own, filter)
          return {
            ...history,
            timeline: withRoom(history.timeline),
            joined: own.joined,
            lost: own.lost,
            own: own.own,
            notices: await notices.about(others),
          }
        },
      }),
      staffRoute({
        path: "/staff/attachment",
        summary: "a large object of a record",
        question: attachmentQuestion,
        answer: attachmentAnswer,
        handle: (question, who) =>
          withAttachment(`staff ${config.member} ${who.name}`, () =>
            staffAttachment({ ...services, requester }, question, personnel.proofOf(who.key), who.name),
          ),
      }),
    ],
    // Apart from disclosures: a report that waits for its block must not make this custodian break a promise of its own.
    windows: [{ name: "promises", everyMs: () => config.disclosureWindowMs, run: () => promises.check() }],
    start: () => promises.start(),
  }),
})
