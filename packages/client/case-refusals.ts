import { PlatformError } from "@aceso/core"

/** A node's own word that it sent nothing: whatever else goes wrong, the ledger may have it all the same. */
export const isRefusal = (error: unknown): error is PlatformError => {
  if (!(error instanceof PlatformError) || ["bad_answer", "duplicate"].includes(error.code)) return false
  const { status } = error.details
  return typeof status === "number" && status >= 400 && status < 500
}

/** Whether the contract's rejection comes as an answer or as an error. @param submit its rejection; null: it holds */
export async function refusalOf(submit: () => Promise<string | null>): Promise<PlatformError | undefined> {
  try {
    const code = await submit()
    return code === null ? undefined : new PlatformError(code, `the ledger refused it (${code})`)
  } catch (error) {
    if (isRefusal(error)) return error
    throw error
  }
}

export const notSent = (refusal: PlatformError, what: string) =>
  new PlatformError(refusal.code, `${what}, and nothing was sent: ${refusal.message}`, { cause: refusal })
