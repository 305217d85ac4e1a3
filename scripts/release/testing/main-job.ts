import assert from "node:assert/strict"
import type { Child } from "@aceso/cli/testing/aceso.ts"

/** One installed command line, wherever it stands. */
export interface Installed {
  /** Runs one command, expects status 0. @returns what it printed */
  does(...argv: readonly string[]): Promise<string>
  start(...argv: readonly string[]): Child
  write(path: string, text: string): void
}

export interface Verified {
  readonly ok: boolean
  readonly blocks?: number
}

export const verifiedBy = async (aceso: Installed, ...argv: readonly string[]): Promise<Verified> =>
  JSON.parse(await aceso.does("verify", ...argv, "--json"))

/** Own patients, as `aceso patients` lists them. */
export const patientsAt = async (aceso: Installed, home: string): Promise<readonly { alias: string }[]> =>
  JSON.parse(await aceso.does("patients", "--folder", home, "--json"))

/** Two homes of one network on `embedded`: an authority, and a clinic that keeps patients. */
export async function found(
  aceso: Installed,
  [authority, clinic]: readonly [string, string],
  ports: readonly number[],
): Promise<void> {
  const init = (home: string, member: string, kind: string, port: number) =>
    aceso.does(
      ...["init", "--folder", home, "--member", member, "--name", member, "--kind", kind],
      ...["--url", `http://127.0.0.1:${port}`],
    )
  await init(authority, "authority", "authority", ports[0])
  await init(clinic, "clinic", "custodian", ports[1])
  await aceso.does(
    ...["network", "create", "--folder", authority, "--network", "north"],
    ...["--with", `${clinic}/application.json`],
  )
  await aceso.does("join", `${authority}/invitation.json`, "--folder", clinic)
}

export async function importPatient(aceso: Installed, home: string, id: string): Promise<void> {
  const path = `/tmp/${id}.json`
  aceso.write(path, JSON.stringify({ resourceType: "Patient", id }))
  await aceso.does("import", path, "--folder", home)
}

/** Stops it as a service manager does. */
export async function stopped(child: Child): Promise<void> {
  assert.equal(await child.stop("SIGTERM"), 0, child.err)
}

export const BOTH_READY = /^ready in[\s\S]*^ready in/m
