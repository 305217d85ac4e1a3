import { command } from "../command.ts"
import { UsageError } from "../session.ts"

export const demo = command({
  summary: "demo networks only: `tamper` changes a potassium value in the vault as an insider could",
  positional: "tamper",
  options: { undo: { type: "boolean", words: "put the committed value back" } },
  async run(session, { positionals, values }) {
    if (positionals[0] !== "tamper") throw new UsageError("aceso demo tamper [--undo]")
    return session.staff().client.tamper(values.undo === true)
  },
  print: (t) => `  ${t.resource}: ${t.before} -> ${t.after}, encrypted under the right key`,
})
