import {
  SETUP_TOKEN,
  type SetupState,
  setupCode,
  setupConfirm,
  setupEntered,
  setupFault,
  setupFile,
  setupFileAnswer,
  setupFound,
  setupInvite,
  setupInvited,
  setupJoin,
  setupLook,
  setupLooked,
  setupNothing,
  setupOrganisation,
  setupPaired,
  setupPairing,
  setupStart,
  setupState,
} from "@aceso/client/setup-schemas.ts"
import { fileWords, messageOf, PlatformError, type Schema } from "@aceso/core"
import { type Context, Hono } from "hono"
import { bodyLimit } from "hono/body-limit"
import { statusOf } from "../http/signed.ts"
import type { BuiltPages } from "../pages/built.ts"
import { pageHeaders } from "../pages/headers.ts"
import type { SetupFolder } from "./folder.ts"
import type { Gate } from "./gate.ts"
import type { SetupNode } from "./running.ts"

/** An invitation with 16 organisations and its genesis is a third of it. */
export const MAX_BODY = 1024 * 1024

export interface SetupParts {
  readonly gate: Gate
  readonly folder: SetupFolder
  readonly node: SetupNode
  readonly pages: BuiltPages
  /** Such as `http://127.0.0.1:7400`. */
  origin(): string
  /** The page is not needed any more. */
  end(): void
  onFault(error: unknown): void
}

interface Call<Q, A> {
  readonly path: string
  readonly question: Schema<Q>
  readonly answer: Schema<A>
  /** Whoever has no token yet. */
  readonly isOpen?: true
  handle(question: Q): A | Promise<A>
}
const call = <Q, A>(one: Call<Q, A>): Call<unknown, unknown> => one as unknown as Call<unknown, unknown>

/** The page of the first start and what it asks: for this machine, and for whoever sees the terminal (decision 0054). */
export function makeSetupApp(parts: SetupParts): Hono {
  const { gate, pages, origin, onFault } = parts
  const app = new Hono()
  const headers = pageHeaders([])
  app.onError((error) => faultAnswer(error, onFault))
  app.notFound(() => faultAnswer(new PlatformError("not_found", "there is no such resource here"), onFault))
  app.use(async (context, next) => {
    mustBeOwn(context, origin())
    await next()
  })
  app.use(
    bodyLimit({
      maxSize: MAX_BODY,
      onError: () =>
        faultAnswer(new PlatformError("too_large", `the body has more than ${MAX_BODY} bytes`), onFault),
    }),
  )
  app.get("/", (context) => file(pages, context, "setup.html", headers))
  app.get("/assets/*", (context) => file(pages, context, new URL(context.req.url).pathname.slice(1), headers))
  for (const one of callsOf(parts))
    app.post(one.path, async (context) => {
      if (!one.isOpen) gate.mustBeIn(context.req.header(SETUP_TOKEN))
      const question = one.question.parse(await jsonOf(context), "body", "json")
      const answer = one.answer.parse(await one.handle(question), "answer")
      return json(one.answer.toJson(answer), 200)
    })
  return app
}

function callsOf({ gate, folder, node, end }: SetupParts): readonly Call<unknown, unknown>[] {
  const state = async (): Promise<SetupState> => ({ ...folder.state(), ...(await node.state()) })
  /** One after the other: what the folder says holds until it is done. */
  let last: Promise<unknown> = Promise.resolve()
  const step = (work: () => unknown): Promise<SetupState> => {
    const done = last
      .catch(() => {})
      .then(work)
      .then(state)
    last = done
    return done
  }
  return [
    call({
      path: "/setup/enter",
      question: setupCode,
      answer: setupEntered,
      isOpen: true,
      handle: ({ code }) => ({ token: gate.enter(code) }),
    }),
    call({ path: "/setup/state", question: setupNothing, answer: setupState, handle: state }),
    call({
      path: "/setup/organisation",
      question: setupOrganisation,
      answer: setupState,
      handle: (given) => step(() => folder.make(given)),
    }),
    call({
      path: "/setup/again",
      question: setupNothing,
      answer: setupState,
      handle: () => step(() => folder.again()),
    }),
    call({
      path: "/setup/found",
      question: setupFound,
      answer: setupState,
      handle: (wanted) => step(() => folder.found(wanted)),
    }),
    call({
      path: "/setup/look",
      question: setupLook,
      answer: setupLooked,
      handle: ({ invitation }) => folder.look(invitation),
    }),
    call({
      path: "/setup/join",
      question: setupJoin,
      answer: setupState,
      handle: ({ invitation, groups }) => step(() => folder.join(invitation, groups)),
    }),
    call({
      path: "/setup/file",
      question: setupFile,
      answer: setupFileAnswer,
      handle: ({ file }) => ({ content: folder.file(file) }),
    }),
    call({
      path: "/setup/start",
      question: setupStart,
      answer: setupState,
      handle: ({ areSecretsCopied }) =>
        step(() => {
          if (!areSecretsCopied)
            throw new PlatformError(
              "bad_input",
              "copy the secrets to another place first: what they open is lost with them",
              { details: { fields: ["secrets"] } },
            )
          return node.start()
        }),
    }),
    call({
      path: "/setup/invite",
      question: setupInvite,
      answer: setupInvited,
      handle: ({ name, role }) => node.invite(name, role),
    }),
    call({
      path: "/setup/pairing",
      question: setupPairing,
      answer: setupPaired,
      handle: async ({ code }) => ({ hasDevice: await node.hasDevice(code) }),
    }),
    call({
      path: "/setup/confirm",
      question: setupConfirm,
      answer: setupState,
      handle: ({ code, digits }) => step(() => node.confirm(code, digits)),
    }),
    call({
      path: "/setup/end",
      question: setupNothing,
      answer: setupNothing,
      handle: () => {
        end()
        return {}
      },
    }),
  ]
}

/**
 * Another name for this machine is another site's (DNS rebinding), and another page may ask nothing.
 * @throws PlatformError `not_permitted`
 */
function mustBeOwn(context: Context, origin: string): void {
  const { method } = context.req
  const from = context.req.header("origin")
  const isOwn = from === origin || (from === undefined && method === "GET")
  if (context.req.header("host") === new URL(origin).host && isOwn) return
  throw new PlatformError("not_permitted", `this page is at ${origin} alone, and for its own page alone`)
}

async function jsonOf(context: Context): Promise<unknown> {
  const text = await context.req.text()
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new PlatformError("bad_json", `the body is no JSON: ${messageOf(cause)}`, { cause })
  }
}

const json = (body: unknown, status: number): Response =>
  Response.json(body, {
    status,
    headers: { ...pageHeaders([]), "cache-control": "no-store" },
  })

/** Whoever sets a node up here is told all of it: the folder is theirs. */
function faultAnswer(error: unknown, onFault: (error: unknown) => void): Response {
  const words = error instanceof Error && !(error instanceof PlatformError) ? fileWords(error) : undefined
  if (error instanceof PlatformError || words !== undefined) {
    const { code: all, details } =
      error instanceof PlatformError ? error : { code: "bad_file", details: {} as PlatformError["details"] }
    const mistakes = codesOf(details)
    // The one mistake that there is says more than that there is one.
    const code = mistakes?.length === 1 ? mistakes[0] : all
    const status = statusOf(code)
    const fields = fieldsOf(details)
    const fault = {
      ...{ code, message: (words ?? messageOf(error)).slice(0, 4000) },
      ...(fields && { fields }),
      ...(mistakes && mistakes.length > 1 && { mistakes }),
    }
    return json(setupFault.parse(fault), status === 500 ? 409 : status)
  }
  onFault(error)
  return json({ code: "internal_fault", message: "an internal fault; the terminal says more" }, 500)
}

/** Of the mistakes in a home, where each of them has a code. */
function codesOf({ codes }: PlatformError["details"]): string[] | undefined {
  return Array.isArray(codes) && codes.length > 0 ? codes.map(String).slice(0, 16) : undefined
}

/** Names of what was typed wrong, or of the settings that follow from it. */
function fieldsOf({ fields, mistakes }: PlatformError["details"]): string[] | undefined {
  if (Array.isArray(fields)) return fields.map(String).slice(0, 16)
  if (!Array.isArray(mistakes)) return undefined
  const names = mistakes.flatMap((one) => SETTINGS[/^\w+/.exec(String(one))?.[0] ?? ""] ?? [])
  return names.length > 0 ? [...new Set(names)] : undefined
}

/** By which fields a setting of node.json comes about. */
const SETTINGS: Readonly<Record<string, string>> = {
  member: "member",
  url: "url",
  host: "url",
  port: "port",
  tls: "tls-certificate",
  cometbft: "p2p",
}

async function file(
  pages: BuiltPages,
  context: Context,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const asked = {
    encodings: context.req.header("accept-encoding"),
    etag: context.req.header("if-none-match"),
  }
  return pages.answer(path, asked, headers) ?? context.notFound()
}
