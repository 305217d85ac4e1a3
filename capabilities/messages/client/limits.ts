/** Characters of one text. */
export const MAX_TEXT = 8_000
/** Of a whole message; a line of the audit is among it. */
export const MAX_MESSAGE_BYTES = 128 * 1024
