import { PlatformError } from "@aceso/core"

/** A visitor's alias is its number, which is never given twice. */
export const aliasOfVisitor = (id: number): string => `visitor-${id}`

const ALIAS = /^visitor-([1-9]\d{0,14})$/
export function visitorOfAlias(alias: string): number | undefined {
  const found = ALIAS.exec(alias)
  return found ? Number(found[1]) : undefined
}

/** So that no name stands for two people. @throws PlatformError `bad_input` */
export function mustBePatientAlias(alias: string): void {
  if (visitorOfAlias(alias) !== undefined)
    throw new PlatformError("bad_input", `${alias} names a visitor; give a patient another alias`)
}
