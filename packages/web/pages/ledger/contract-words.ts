import { useI18n } from "../../texts/i18n.ts"

/** What an action of a contract is called; a newer contract than this page knows has its names alone. */
export function useContractWords() {
  const { t, te } = useI18n()
  const said = (contract: string, action: string, what: "title" | "who"): string | undefined => {
    const name = `contract.${contract}.${action}.${what}`
    return te(name) ? t(name) : undefined
  }
  return {
    titleOf: (contract: string, action: string): string =>
      said(contract, action, "title") ?? `${contract} · ${action}`,
    whoOf: (contract: string, action: string): string | undefined => said(contract, action, "who"),
  }
}
