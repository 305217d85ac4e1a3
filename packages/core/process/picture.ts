import { edgesOf } from "./graph.ts"
import { isEnd, type Process } from "./process.ts"

/** The states of a process and what leads from one to the next, as a diagram in Mermaid's words (stateDiagram-v2). */
export function pictureOf(process: Process): string {
  const { opens, states } = process
  const arrows = edgesOf(process).map(({ from, to, step }) =>
    step
      ? `  ${from} --> ${to}: ${step.name} (${step.by.join(" or ")})`
      : `  ${from} --> ${to}: not done in time`,
  )
  return [
    "stateDiagram-v2",
    `  [*] --> ${opens.to}: opens (${opens.by})`,
    ...arrows,
    ...states.filter(isEnd).map(({ name }) => `  ${name} --> [*]`),
  ].join("\n")
}
