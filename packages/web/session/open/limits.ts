/** A larger file is none that is checked: a year of checkpoints, one each hour, has a few MiB. */
export const MAX_FILE_BYTES = 16 * 2 ** 20
