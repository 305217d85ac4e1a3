/** A fault: something outside a contract's rules went wrong. Codes are stable; texts say what to do. */
export class PlatformError extends Error {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = "PlatformError"
    this.code = code
    this.details = options.details ?? {}
  }
}

/** A bug: a condition that the code itself guarantees does not hold. Never caught. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "AssertionError"
  }
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Runs f; a PlatformError becomes undefined when its code is one of those named. */
export function orUndefined<T>(codes: readonly string[], f: () => T): T | undefined {
  try {
    return f()
  } catch (error) {
    if (error instanceof PlatformError && codes.includes(error.code)) return undefined
    throw error
  }
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? (fileWords(error) ?? error.message) : String(error)

/** What a system's error says of files, in words (errno(3)). */
const OF_FILES: Readonly<Record<string, (path: string, dest?: string) => string>> = {
  ENOENT: (path) => `there is no ${path}`,
  EACCES: (path) => `you have no right to ${path}: see whose it is, and its mode`,
  EPERM: (path) => `you have no right to ${path}: see whose it is, and its mode`,
  EISDIR: (path) => `${path} is a folder`,
  ENOTDIR: (path) => `a part of ${path} is no folder`,
  EEXIST: (path) => `${path} is there already`,
  ENOTEMPTY: (path, dest) => `${dest ?? path} is not empty`,
  ELOOP: (path) => `${path} is a link that leads nowhere but to itself`,
  ENAMETOOLONG: (path) => `the name ${path} is too long`,
  EXDEV: (path, dest) => `${path} and ${dest ?? "its place"} lie on two disks`,
}

/** Undefined: it is about something else. */
export function fileWords(error: Error): string | undefined {
  const { code, syscall, path, dest } = error as Error &
    Partial<Record<"code" | "syscall" | "path" | "dest", unknown>>
  if (typeof syscall !== "string" || typeof code !== "string" || !Object.hasOwn(OF_FILES, code))
    return undefined
  // Of an open file no path is known.
  const words = OF_FILES[code]
  return words(typeof path === "string" ? path : "it", typeof dest === "string" ? dest : undefined)
}
