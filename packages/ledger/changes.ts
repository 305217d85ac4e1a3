/** Tells of changes: to those who listen to all of them, and to those who wait for the next one. */
export class Changes {
  private readonly listeners = new Set<() => void>()

  tell(): void {
    for (const listener of this.listeners) listener()
  }

  /** @returns what ends it */
  listen(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Resolves with the next change, or when the time is over. @param waitMs ms */
  next(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        end()
        resolve()
      }
      const end = this.listen(done)
      const timer = setTimeout(done, waitMs)
      timer.unref()
    })
  }
}
