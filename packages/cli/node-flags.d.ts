export const nodeFlags: readonly string[]
export function usualThreads(): void
