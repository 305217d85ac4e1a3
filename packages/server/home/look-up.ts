import type { Vault } from "../vault/vault.ts"

/** Between two sentences so many record versions are looked at. */
const TOLD_EVERY = 10_000

/** Makes the look-up index of a vault from before there was one; nothing is served until it is whole. */
export async function completeLookUp(
  vault: Pick<Vault, "completeLookUp" | "recordCount">,
  tell: (sentence: string) => void,
): Promise<void> {
  const { records } = await vault.recordCount()
  let told = 0
  await vault.completeLookUp(({ done }) => {
    if (done < told + TOLD_EVERY && done < records) return
    if (done > told) tell(`the look-up index is made: ${done} of ${records} record versions looked at`)
    told = done
  })
}
