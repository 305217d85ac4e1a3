/** What something is called in both languages; the command line says the English ones. */
export interface Said {
  readonly en: string
  readonly zh: string
}
export type SaidTable = Readonly<Record<string, Said>>

/** One language of a table. */
export const inLanguage = <T extends SaidTable>(
  table: T,
  language: keyof Said,
): { readonly [K in keyof T]: string } =>
  Object.fromEntries(Object.entries(table).map(([name, said]) => [name, said[language]])) as {
    readonly [K in keyof T]: string
  }

/** HL7 v3 PurposeOfUse: what for somebody asks. */
export const askedFor = {
  TREAT: { en: "treatment", zh: "治疗" },
  ETREAT: { en: "emergency treatment", zh: "急救" },
  HPAYMT: { en: "payment", zh: "费用结算" },
  HOPERAT: { en: "running the organisation", zh: "机构运营" },
  HRESCH: { en: "research", zh: "医学研究" },
  PUBHLTH: { en: "public health", zh: "公共卫生" },
  PATRQT: { en: "what the patient asks for", zh: "患者本人提出的用途" },
} as const satisfies SaidTable

/** For what a consent permits. */
export const permittedFor = {
  TREAT: { en: "treatment, emergencies too", zh: "治疗（包括急救）" },
  ETREAT: { en: "emergency treatment", zh: "急救" },
  HPAYMT: { en: "payment", zh: "费用结算" },
  HOPERAT: { en: "running health care", zh: "医疗服务运营" },
  HRESCH: { en: "research", zh: "医学研究" },
  PUBHLTH: { en: "public health", zh: "公共卫生" },
  PATRQT: { en: "what the patient asks for", zh: "患者本人提出的用途" },
} as const satisfies SaidTable

/** At what of a patient's records the custodian's own staff looked, as AuditEvents tell it; an attachment has its index. */
export const lookedAt = {
  history: { en: "the whole record", zh: "全部病历" },
  search: { en: "records found by what they say", zh: "按内容检索到的病历" },
  attachment: { en: "an attachment", zh: "一个附件" },
} as const satisfies SaidTable

/** Who a delegate is, as AuditEvents code it (HL7 v3 RoleCode, RoleClass), and as a scope names it. */
export const relationsByCode = {
  PRN: { en: "parent", zh: "父母" },
  GUARD: { en: "guardian", zh: "监护人" },
  FAMMEMB: { en: "relative", zh: "亲属" },
  CAREGIVER: { en: "carer", zh: "照护者" },
} as const satisfies SaidTable
export const relationNames = {
  parent: relationsByCode.PRN,
  guardian: relationsByCode.GUARD,
  relative: relationsByCode.FAMMEMB,
  carer: relationsByCode.CAREGIVER,
} as const satisfies SaidTable

export const delegateAbilities = {
  read: { en: "read records and audit", zh: "查看病历和查阅记录" },
  decide: { en: "decide who may read what", zh: "决定谁可以查看哪些内容" },
  write: { en: "write, such as messages", zh: "代为书写，例如发送消息" },
} as const satisfies SaidTable

/** What a delegate did, by the reason in the audit. */
export const delegateDid = {
  read: {
    en: "read your records or your audit, once or several times within an hour",
    zh: "在一小时内一次或多次查看了您的病历或查阅记录",
  },
  decide: {
    en: "looked at what waits for your decision, or decided, once or several times within an hour",
    zh: "在一小时内一次或多次查看了等待您决定的事项，或代您作出了决定",
  },
  write: { en: "prepared to write for you", zh: "准备代您书写内容" },
  declined: { en: "declined a request for you", zh: "代您拒绝了一项请求" },
} as const satisfies SaidTable

export const delegateEnders = {
  person: { en: "you ended it", zh: "由您终止" },
  custodian: { en: "ended by the organisation there", zh: "由该机构终止" },
  delegate: { en: "by their own will", zh: "由其本人终止" },
} as const satisfies SaidTable

/** Why nothing was released, as far as a patient can do something about it. */
export const refusals = {
  policy_missing: { en: "no consent of yours permits it", zh: "您没有作出允许此事的授权" },
  policy_unknown: { en: "the custodian is not sure of your consents", zh: "该机构无法确定您现有的授权" },
} as const satisfies SaidTable

/** What becomes of a record that stands at the wrong patient, by its state. */
export const moveStates = {
  withheld: {
    en: "It is moved if both patients agree, or two administrators decide it.",
    zh: "如果双方患者都同意，或由两名管理员决定，这条记录就会移走。",
  },
  approved: {
    en: "Two administrators decided: it is moved at {time} unless you refuse.",
    zh: "两名管理员已作出决定：除非您拒绝，否则将于{time}移走。",
  },
  moving: { en: "It is being moved.", zh: "正在移动。" },
  moved: { en: "It was moved.", zh: "已经移走。" },
  returned: { en: "It was returned: it is yours again.", zh: "已经退回：这条记录仍属于您。" },
  cancelled: { en: "It is yours after all.", zh: "经确认，这条记录确实属于您。" },
} as const satisfies SaidTable

/** How what stands already is related to what is about to be signed. */
export const standingRelations = {
  covers: { en: "In force already", zh: "已经生效" },
  within: { en: "It takes in what is in force already", zh: "其中包含已经生效的授权" },
  denies: { en: "Your own denial wins over it", zh: "您本人的禁止优先于这项授权" },
  beside: { en: "Also in force", zh: "同时有效的还有" },
} as const satisfies SaidTable
