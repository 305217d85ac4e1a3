import { PlatformError } from "@aceso/core"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"
import { SIGNED_NOW, untilBlock } from "../waiting.ts"
import { type Decision, decisionOf, sayDecision } from "./proposals.ts"

export const vote = command<Decision>({
  summary: "vote on a proposal, as the organisation",
  arguments: [{ name: "id", words: "as aceso proposals shows it, or the beginning of it" }],
  options: {
    yes: { type: "boolean", words: "for it" },
    no: { type: "boolean", words: "against it" },
  },
  example: "aceso vote 5b0f77 --yes",
  async run(session, { positionals, values }) {
    const [id] = positionals
    if (!/^[0-9a-f]{1,64}$/.test(id))
      throw new UsageError("which proposal? its id from aceso proposals, or the beginning of it")
    if ((values.yes === true) === (values.no === true)) throw new UsageError("how? --yes or --no")
    const { client } = session.staff()
    const found = await client.proposals(true, id)
    if (found.length === 0)
      throw new PlatformError("unknown_proposal", `no proposal has the id ${id}; see aceso proposals --all`)
    if (found.length > 1)
      throw new UsageError(`${found.length} proposals begin with ${id}; write more digits of the id`)
    return decisionOf(await untilBlock(session, SIGNED_NOW, client.vote(found[0].id, values.yes === true)))
  },
  print: sayDecision,
})
