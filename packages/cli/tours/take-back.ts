import type { Runner } from "../runner.ts"

/** Lines that take back a patient's consents, and decline what waits. */
export async function takingBack(
  execute: Runner["execute"],
  patient: string,
): Promise<readonly (readonly string[])[]> {
  const as = ["--as", patient]
  const { consents, requests } = (await execute(["requests", ...as])).result as {
    consents: readonly unknown[]
    requests: readonly { state: string }[]
  }
  return [
    ...(consents.length > 0 ? [["revoke", "all", ...as]] : []),
    ...(requests.some(({ state }) => state === "open") ? [["decline", "all", ...as]] : []),
  ]
}
