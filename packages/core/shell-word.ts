/** A text as one word of a POSIX shell's line, whatever stands in it: a line that is copied does what it says. */
export const shellWord = (text: string): string =>
  /^[\w/.:@%+,][\w/.:@%+,-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
