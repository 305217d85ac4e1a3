import { printable } from "./columns.ts"

/**
 * The one way to a terminal or a log (`scripts/check/bans.ts` finds others): nothing in the text that draws, hides or
 * reorders but our own lines and styles.
 */
export const writeTo = (stream: NodeJS.WritableStream, text: string): void => {
  stream.write(printable(text))
}
