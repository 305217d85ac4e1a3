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

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
