import type { Said } from "./access-words.ts"

/** What a device finds in an audit, in both languages; what stands in braces is told with it. */
const findings = {
  manifest: {
    en: "the manifest is not the one that the AuditEvent names",
    zh: "提供的清单与查阅记录所指的不一致",
  },
  stranger: { en: "line {index} names a record that is not yours", zh: "第 {index} 行所指的记录不属于您" },
  heldUntold: {
    en: "line {index} was held back as somebody else's, and you were not told of it",
    zh: "第 {index} 行以属于他人为由被扣留，却没有告知您",
  },
  releasedWithdrawn: {
    en: "line {index} was released although it was withdrawn as somebody else's",
    zh: "第 {index} 行已作为他人的记录撤回，却仍被提供",
  },
  leftOut: {
    en: "line {index} was left out as not asked for, although it was asked for",
    zh: "第 {index} 行被请求过，却以未请求为由没有提供",
  },
  unasked: {
    en: "line {index} was released although nobody asked for it",
    zh: "第 {index} 行没有人请求，却被提供",
  },
  damaged: {
    en: "line {index} was shown as damaged although your consent does not open everything",
    zh: "第 {index} 行被告知已损坏，而您的授权并未开放全部记录",
  },
  withheld: {
    en: "line {index} was withheld although your consent opens it",
    zh: "您的授权允许查看第 {index} 行，却没有提供",
  },
  released: {
    en: "line {index} was released although no consent of yours opens it",
    zh: "您没有任何授权允许查看第 {index} 行，却被提供",
  },
  replaced: {
    en: "it was decided by your permissions of version {version}, in whose place version {newer} had come already",
    zh: "这次查阅依据的是您第 {version} 版的授权，而当时第 {newer} 版已经取代了它",
  },
  shownOpen: {
    en: "line {index} was shown as open although no consent of yours opens it",
    zh: "您没有任何授权允许查看第 {index} 行，却被列为可以查看",
  },
  attachmentStranger: {
    en: "an attachment was sent of a record that is not yours",
    zh: "提供了一个附件，其所属记录不属于您",
  },
  attachmentClosed: {
    en: "an attachment was sent although no consent of yours opens its record",
    zh: "提供了一个附件，而您没有授权允许查看其所属记录",
  },
  attachmentUnknown: {
    en: "an attachment was sent that its record does not have",
    zh: "提供了一个附件，而其所属记录中并没有该附件",
  },
  attachmentElsewhere: {
    en: "an attachment of record {index} was said to be of record {said}",
    zh: "第 {index} 条记录的附件被说成属于第 {said} 条记录",
  },
  fileClosed: {
    en: "a file was sent to which record {index} refers too, that no consent of yours opens",
    zh: "提供了一个文件，第 {index} 条记录也引用了它，而您没有授权允许查看该记录",
  },
  attachmentWithdrawn: {
    en: "an attachment was sent although its record was withdrawn as somebody else's",
    zh: "提供了一个附件，而其所属记录已作为他人的记录撤回",
  },
  looksMissing: {
    en: "the ledger has looks of the staff there on that day, and they are not shown",
    zh: "账本上记有该机构工作人员当天的查阅，却没有显示",
  },
  looksLate: {
    en: "{n} looks of the staff there are older than two days, and no entry on the ledger stands for them",
    zh: "该机构工作人员有 {n} 次查阅已超过两天，账本上仍没有对应条目",
  },
  looksStrange: {
    en: "the looks of the staff there that are shown are not those that stand on the ledger",
    zh: "所显示的该机构工作人员的查阅与账本上的不一致",
  },
  moreLines: { en: "and {n} lines more", zh: "另有 {n} 行" },
  recordsLost: {
    en: "{n} entries of your record log were lost by a recovery",
    zh: "一次恢复使您的 {n} 条病历条目丢失",
  },
  recordsLostUntold: {
    en: "{n} entries of your record log were lost by a recovery, and the ledger has none",
    zh: "据称一次恢复使您的 {n} 条病历条目丢失，但账本上没有恢复记录",
  },
  missing: { en: "entry {n} is missing", zh: "缺少第 {n} 条" },
  missingFromTo: { en: "entries {from} to {to} are missing", zh: "缺少第 {from} 至 {to} 条" },
  lost: {
    en: "a recovery lost what entry {n} was about; the ledger has it",
    zh: "一次恢复使第 {n} 条的内容丢失；账本上有这一条",
  },
  lostOtherwise: {
    en: "entry {n} is said to be lost and is not what the ledger has",
    zh: "第 {n} 条据称已丢失，但与账本不符",
  },
  otherwise: {
    en: "entry {n} is not what the custodian committed to",
    zh: "第 {n} 条与该机构当初提交的不一致",
  },
  broken: {
    en: "a broken promise about entry {n} stands on the ledger",
    zh: "账本上记有该机构对第 {n} 条违背承诺",
  },
  notLogged: {
    en: "entry {n} is not on the ledger, as was promised",
    zh: "第 {n} 条没有按承诺写入账本",
  },
  notShown: {
    en: "the ledger has an entry {n} of yours that the custodian does not show",
    zh: "账本上有您的第 {n} 条，该机构却没有显示",
  },
  moreFindings: { en: "and {n} findings more", zh: "另有 {n} 项发现" },
} as const satisfies Readonly<Record<string, Said>>

export type FoundName = keyof typeof findings
export const FOUND_NAMES = Object.keys(findings) as readonly FoundName[]

type Told = Readonly<Record<string, string | number>>

const filled = (text: string, told: Told): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(told[name] ?? "?"))

/** As reports say it. @param told what stands in braces */
export const found = (name: FoundName, told: Told = {}): string => filled(findings[name].en, told)

const PATTERNS = FOUND_NAMES.map((name) => {
  const pattern = findings[name].en
    .replace(/[.*+?^$()|[\]\\]/g, "\\$&")
    .replace(/\{(\w+)\}/g, "(?<$1>[\\d?]+)")
  return { name, pattern: new RegExp(`^${pattern}$`) }
})

/** Which finding a report's words are. @returns undefined: none that is known here */
export function foundIn(text: string): { readonly name: FoundName; readonly told: Told } | undefined {
  for (const { name, pattern } of PATTERNS) {
    const match = pattern.exec(text)
    if (match) return { name, told: { ...match.groups } }
  }
  return undefined
}

/** A report's words in a language; what is not known here as it is. */
export function foundSaid(text: string, language: keyof Said): string {
  const known = foundIn(text)
  return known ? filled(findings[known.name][language], known.told) : text
}

/** Those by which somebody saw what nobody was to see. */
const OPENED: ReadonlySet<FoundName> = new Set([
  ...(["stranger", "releasedWithdrawn", "unasked", "released", "shownOpen", "attachmentStranger"] as const),
  ...(["attachmentClosed", "attachmentUnknown", "fileClosed", "attachmentWithdrawn", "replaced"] as const),
])

/** Whether something was opened that should not have been. */
export const saysOpened = (text: string): boolean => {
  const known = foundIn(text)
  return known !== undefined && OPENED.has(known.name)
}
