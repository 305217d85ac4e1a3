/** What a command line came to. */
export interface Done {
  readonly status: number
  /** What goes to stdout. */
  readonly text: string
  readonly result?: unknown
}

/** Runs lines as people type them, for a command that runs others. */
export interface Runner {
  /** @throws UsageError, PlatformError */
  readonly execute: (argv: readonly string[]) => Promise<Done>
  /** What a failure looks like to a person, and its exit status. */
  readonly describe: (error: unknown) => { readonly message: string; readonly status: number }
}
