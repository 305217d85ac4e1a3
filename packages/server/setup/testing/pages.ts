import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SETUP_TOKEN } from "@aceso/client/setup-schemas.ts"
import { PlatformError } from "@aceso/core"
import { readHome } from "../../home/read.ts"
import { SetupPage } from "../listen.ts"

/** A folder for everything, with what stands for the built pages. */
export const root = mkdtempSync(join(tmpdir(), "aceso-setup-"))
const built = join(root, "dist")
mkdirSync(join(built, "assets"), { recursive: true })
writeFileSync(join(built, "setup.html"), "<p>setup</p>")
writeFileSync(join(built, "portal.html"), "<p>portal</p>")
writeFileSync(join(built, "assets", "a-1.js"), "1")
const pages: SetupPage[] = []
export async function end(): Promise<void> {
  for (const one of pages) await one.close()
  rmSync(root, { recursive: true })
}

let folders = 0
/** Of a folder that is not there yet. */
export const fresh = (): string => join(root, `home-${folders++}`)
export interface Opened {
  readonly page: SetupPage
  readonly folder: string
  readonly code: string
}
/** Nothing is started here: what starts nodes is told so. */
export async function open(folder = fresh(), attached: readonly string[] = []): Promise<Opened> {
  const page = await SetupPage.open({
    ...{ folder, port: 0, pages: built },
    nodes: {
      begin: async () => {
        readHome(folder, "run")
        for (const one of attached) readHome(one, "attach")
        throw new PlatformError("no_home", "nothing is started here")
      },
      isRunning: () => false,
    },
    onFault: (error) => assert.fail(String(error)),
  })
  pages.push(page)
  return { page, folder, code: page.newCode() }
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}
/** As any program of this machine may ask, with any headers. */
export const send = (
  { page: { url } }: Pick<Opened, "page">,
  path: string,
  body?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(
      `${url}${path}`,
      {
        method: body === undefined ? "GET" : "POST",
        headers: { ...(body !== undefined && { origin: url }), ...headers },
      },
      (answer) => {
        let text = ""
        answer.on("data", (chunk: Buffer) => {
          text += chunk
        })
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }))
        answer.on("error", reject)
      },
    )
    asked.on("error", reject)
    asked.end(body)
  })
export type Said = Readonly<Record<string, unknown>> & {
  readonly code?: string
  readonly fields?: readonly string[]
}
export async function ask(one: Opened, token: string, path: string, body: unknown): Promise<Said> {
  const { text } = await send(one, `/setup/${path}`, JSON.stringify(body), { [SETUP_TOKEN]: token })
  return JSON.parse(text) as Said
}
export async function enter(one: Opened, code = one.code): Promise<string> {
  const { text } = await send(one, "/setup/enter", JSON.stringify({ code }))
  return (JSON.parse(text) as { token: string }).token
}
export async function entered(
  folder?: string,
  attached: readonly string[] = [],
): Promise<Opened & { readonly token: string }> {
  const one = await open(folder, attached)
  return { ...one, token: await enter(one) }
}
export const codeOf = async (answer: Promise<Answer>) => (JSON.parse((await answer).text) as Said).code
