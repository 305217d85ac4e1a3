import { command, type Group } from "../command.ts"

export const demo: Group = {
  summary: "demo networks only: what an insider could do",
  parts: {
    tamper: command({
      summary: "change a potassium value in the vault, as an insider who holds its key could",
      options: { undo: { type: "boolean", words: "put the committed value back" } },
      example: "aceso demo tamper --as city-admin",
      run: (session, { values }) => session.staff().client.tamper(values.undo === true),
      print: (t) => `  ${t.resource}: ${t.before} -> ${t.after}, encrypted under the right key`,
    }),
  },
}
