import { createHash } from "node:crypto"
import type { StatusAnswer } from "@aceso/client"
import { members } from "@aceso/contracts"
import { PlatformError } from "@aceso/core"
import type { Context } from "hono"
import type { Services } from "../node/services.ts"
import { publicStatus } from "../node/status.ts"

const STYLE = `:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:0 auto;padding:1.25rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:0 0 .5rem}
h2{font-size:1.1rem}
section{margin:0 0 2rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1rem 0}
dt{opacity:.75}dd{margin:0}
code{font-family:ui-monospace,monospace;font-size:.9em}
li{margin:.4rem 0}`

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  vary: "accept, accept-language",
}

type Language = "en" | "zh"

/** What a browser is shown at `/`; whoever does not ask for HTML is told that there is nothing. */
export async function frontPage(services: Services, context: Context, hasPages: boolean): Promise<Response> {
  if (!/\btext\/html\b/i.test(context.req.header("accept") ?? ""))
    throw new PlatformError("not_found", "there is no such resource; see docs/api.md")
  if (hasPages) return context.redirect("/portal/")
  const status = await publicStatus(services)
  const row = await services.engine.read(members, [status.member])
  const url = services.config.url
  const order = languagesOf(context.req.header("accept-language"))
  const page = pageOf({ status, name: row?.name ?? status.member, url }, order)
  return new Response(page, { headers: HEADERS })
}

/** Both are on the page; the one that the browser asks for with more weight stands first (RFC 9110, 12.5.4). */
export function languagesOf(header = ""): readonly [Language, Language] {
  const weights = { en: 0, zh: 0 }
  for (const part of header.slice(0, 1000).split(",")) {
    const [range, ...parameters] = part.split(";").map((one) => one.trim().toLowerCase())
    const q = Number(parameters.find((one) => one.startsWith("q="))?.slice(2) ?? 1)
    const language = range.split("-")[0]
    if ((language === "en" || language === "zh") && q > weights[language]) weights[language] = q
  }
  return weights.zh > weights.en ? ["zh", "en"] : ["en", "zh"]
}

interface Shown {
  readonly status: StatusAnswer
  readonly name: string
  readonly url: string
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}
/** Markup, and what could turn the text around, is shown and does nothing. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (one) => ENTITIES[one]).replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd")

export function pageOf(shown: Shown, order: readonly [Language, Language]): string {
  const name = escapeHtml(shown.name)
  return `<!doctype html>
<html lang="${order[0]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${name} · Aceso</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${order.map((language) => sectionOf(language, shown)).join("\n")}
</main>
</body>
</html>
`
}

const WORDS = {
  en: {
    what: "This is a node of Aceso: organisations share medical records here so that each of them can check what it gets. Records stay with the organisation that made them, and nobody reads one here without signing for it.",
    organisation: "Organisation",
    network: "Network",
    demo: "a demonstration, with invented patients",
    height: "Height of the ledger",
    at: "at",
    state: "State",
    states: {
      serves: "serves",
      stalled: "stands still: there is no new block",
      recovers: "in recovery",
      waits: "waits for the ledger, or for being admitted",
    },
    where: "Where to go",
    status: "what the node says of itself",
    api: "its HTTP API (OpenAPI)",
    members: "the members of the network",
    typed:
      "The pages for patients and staff were not built here (npm run build). On a machine with Aceso, type:",
    commands: [
      ["aceso status --node URL", "height, checkpoints, validators"],
      ["aceso tour --demo DEMO", "one patient's story, on a demo"],
      ["aceso requests --as patient-1 --demo DEMO", "a patient: what waits, who may read"],
      ["aceso audit --as patient-1 --demo DEMO", "a patient: who read what"],
      ["aceso history <alias> --as city-doctor --demo DEMO", "a doctor: one timeline from every custodian"],
      ["aceso --help", "everything else"],
    ],
  },
  zh: {
    what: "这是 Aceso 的一个节点：各机构在此共享医疗记录，并且都能核验收到的内容。记录留在产生它的机构；不签名，任何人都不能在此读取。",
    organisation: "机构",
    network: "网络",
    demo: "演示网络，患者均为虚构",
    height: "账本高度",
    at: "时间",
    state: "状态",
    states: {
      serves: "正常服务",
      stalled: "停滞：没有新的区块",
      recovers: "恢复中",
      waits: "等待账本，或等待被接纳",
    },
    where: "从这里继续",
    status: "节点的状态",
    api: "HTTP 接口（OpenAPI）",
    members: "网络成员",
    typed: "此处尚未构建面向患者和工作人员的页面（npm run build）。请在装有 Aceso 的机器上输入：",
    commands: [
      ["aceso status --node URL", "高度、检查点、验证者"],
      ["aceso tour --demo DEMO", "在演示网络上走一遍一位患者的经历"],
      ["aceso requests --as patient-1 --demo DEMO", "患者：待处理的请求，谁可以读取"],
      ["aceso audit --as patient-1 --demo DEMO", "患者：谁读取了什么"],
      ["aceso history <alias> --as city-doctor --demo DEMO", "医生：来自各保管机构的一条时间线"],
      ["aceso --help", "其他命令"],
    ],
  },
} as const

/** By what commands find this demo among others on the machine, whose folder is nobody's to know. */
const demoAt = (url: string): string => new URL(url).port || url

function sectionOf(language: Language, { status, name, url }: Shown): string {
  const words = WORDS[language]
  const { checkpoint, isStarted, isRecovering, stalled } = status
  const state = isRecovering ? "recovers" : !isStarted ? "waits" : stalled ? "stalled" : "serves"
  const time = new Date(checkpoint.time).toISOString()
  const network = `${escapeHtml(status.network)}${status.isDemo ? ` (${words.demo})` : ""}`
  const rows = [
    [words.organisation, `<bdi>${escapeHtml(name)}</bdi> (<code>${escapeHtml(status.member)}</code>)`],
    [words.network, network],
    [words.height, `${checkpoint.height}, ${words.at} <time datetime="${time}">${time}</time>`],
    [words.state, words.states[state]],
  ]
  const links = [
    ["/status", words.status],
    ["/members", words.members],
    ["/openapi.json", words.api],
  ]
  const commands = words.commands
    .map(([typed, what]) => [typed.replace("URL", url).replace("DEMO", demoAt(url)), what])
    .filter(([typed]) => status.isDemo || !typed.includes("--demo"))
  return `<section lang="${language}">
<h1><bdi>${escapeHtml(name)}</bdi> · Aceso</h1>
<p>${words.what}</p>
<dl>${rows.map(([term, value]) => `<dt>${term}</dt><dd>${value}</dd>`).join("")}</dl>
<h2>${words.where}</h2>
<ul>${links.map(([path, what]) => `<li><a href="${path}">${path}</a>: ${what}</li>`).join("")}</ul>
<p>${words.typed}</p>
<ul>${commands.map(([typed, what]) => `<li><code>${escapeHtml(typed)}</code>: ${what}</li>`).join("")}</ul>
</section>`
}
