/** Bytes of one input, unpacked: an attachment of 64 MiB has 86 as base64. */
export const MAX_IMPORT_BYTES = 96 * 2 ** 20
