import type { Guide, GuideLook } from "@aceso/cli/tours/guide.ts"
import { sharing as tour } from "@aceso/cli/tours/sharing.ts"

const YEAR_MS = 365 * 86_400_000
const AS_PATIENT = ["--as", "patient-1"]
const COUNTY = "county-hospital"
const INSURER = "insurer"

const cardIn = (scratch: string) => ["card", "--for", COUNTY, "--out", `${scratch}/card.json`, ...AS_PATIENT]
/** The card opens for a quarter of an hour: each time another one. */
const reads = (scratch: string) => [
  cardIn(scratch),
  ["history", `${scratch}/card.json`, "--as", "county-doctor", "--evidence", scratch],
]
const logged = async (look: GuideLook, requester: string, what: string, after = 0): Promise<boolean> =>
  (await look.log()).some((one) => one.requester === requester && one.what === what && one.at > after)
const isRevoked = async (look: GuideLook): Promise<boolean> =>
  (await look.log()).some(({ reason }) => reason === "revoke") && !(await look.permits(COUNTY))

export const sharing: Guide = {
  name: "sharing",
  takeBack: tour.takeBack,
  title: { en: "Sharing a history", zh: "共享病史" },
  summary: {
    en: "A patient shares a history with another hospital, narrowed, finds out who read it, and a lie comes to light.",
    zh: "患者把病史有限度地共享给另一家医院，查明谁看过，篡改也会暴露。",
  },
  steps: [
    {
      id: "import",
      who: "city-admin",
      title: { en: "The last visit comes in", zh: "导入最近一次就诊" },
      does: {
        en: "City Hospital's own system exports a visit; the node takes it in and puts its fingerprint on the ledger.",
        zh: "市立医院的业务系统导出一次就诊，节点将其导入，并把指纹写入账本。",
      },
      proves: {
        en: "The originals stay in City's vault. The ledger has 32 bytes for each version of a record.",
        zh: "原始内容留在市立医院的保管库中，账本上每个记录版本只有 32 字节。",
      },
      isDone: (look) => look.isImported(),
      lines: ({ folder }) => [["import", `${folder}/inbox/city-hospital`, "--as", "city-admin"]],
    },
    {
      id: "request",
      who: "county-doctor",
      page: () => "/visitors",
      title: { en: "A doctor at County asks", zh: "县医院的医生提出申请" },
      does: {
        en: "Wu Haitao, 58, is at County with chest pain and shows the card in his app. On one computer: open the app as him (start page), Card, County Hospital, “Save as a file”; then here “Scan a card”, choose that file, say why, and ask.",
        zh: "58 岁的吴海涛因胸痛到县医院就诊，出示应用中的卡片。在同一台电脑上：从起始页以他的身份打开应用，进入“就诊卡”，选择县医院并“保存为文件”；再回到这里“扫描就诊卡”，选择该文件，填写原因并提交申请。",
      },
      proves: {
        en: "The card lets County ask, not read. Nothing was released, and the request waits for the patient.",
        zh: "卡片只允许县医院提出申请，不能直接查看。没有任何内容被提供，申请等待患者决定。",
      },
      isDone: (look) => logged(look, COUNTY, "denied"),
      lines: ({ scratch }) => [
        cardIn(scratch),
        [
          ...["request", "--card", `${scratch}/card.json`, "--purpose", "TREAT"],
          ...["--reason", "Chest pain, emergency department", "--as", "county-doctor"],
        ],
      ],
    },
    {
      id: "approve",
      who: "patient-1",
      page: () => "/requests",
      title: { en: "The patient approves, narrowed", zh: "患者有限度地同意" },
      does: {
        en: "Open what waits. Permit allergies, medicines, values, diagnoses and visits for seven days, and nothing else.",
        zh: "打开待处理的申请，仅允许查看过敏、用药、检查结果、诊断和就诊，期限七天。",
      },
      proves: {
        en: "The consent is a document that only the patient's own device could sign.",
        zh: "这份同意书只有患者自己的设备才能签署。",
      },
      isDone: (look) => look.permits(COUNTY),
      lines: () => [
        [
          ...["approve", "all", "--until", "7d", "--yes", "--classes"],
          ...["AllergyIntolerance,MedicationRequest,Observation,Condition,Encounter", ...AS_PATIENT],
        ],
      ],
    },
    {
      id: "read",
      who: "county-doctor",
      page: () => "/visitors",
      title: { en: "The doctor reads", zh: "医生查看" },
      does: {
        en: "Open the history: the penicillin allergy and warfarin stand at the top, the troponin of two hours ago below.",
        zh: "打开病史：青霉素过敏和华法林位于最上方，下面是两小时前的肌钙蛋白结果。",
      },
      proves: {
        en: "Each line was sealed to County, checked against the ledger, and names where it comes from.",
        zh: "每一条都只加密给县医院，已与账本核对，并注明来源。",
      },
      isDone: (look) => logged(look, COUNTY, "read"),
      lines: ({ scratch }) => reads(scratch),
    },
    {
      id: "insurer",
      who: "patient-1",
      page: () => "/access",
      title: { en: "Something for the insurer", zh: "向医保机构授权" },
      does: {
        en: "Permit the insurer claims and visits of the last twelve months, for payment, for thirty days.",
        zh: "允许医保机构为费用结算查看最近十二个月的理赔单和就诊，期限三十天。",
      },
      proves: {
        en: "Another purpose is another consent.",
        zh: "目的不同，就需要另一份同意书。",
      },
      isDone: (look) => look.permits(INSURER),
      lines: () => [
        [
          ...["grant", "--to", INSURER, "--purpose", "HPAYMT", "--classes", "Claim,Encounter"],
          ...["--from", new Date(Date.now() - YEAR_MS).toISOString().slice(0, 10)],
          ...["--until", "30d", "--yes", ...AS_PATIENT],
        ],
      ],
    },
    {
      id: "insurer-reads",
      who: "insurer",
      page: () => "/visitors",
      title: { en: "The insurer reads", zh: "医保机构查看" },
      does: {
        en: "The claims officer opens the visitor: claims and visits are there, of everything else only that it is withheld.",
        zh: "理赔专员打开该参保人：可见理赔单和就诊，其余仅显示“未提供”。",
      },
      proves: {
        en: "The insurer gets what was permitted and nothing more.",
        zh: "医保机构只得到被允许的内容。",
      },
      isDone: (look) => logged(look, INSURER, "read"),
      lines: ({ scratch }) => [
        ["history", "visitor-1", "--purpose", "HPAYMT", "--as", "insurer", "--evidence", scratch],
      ],
    },
    {
      id: "tamper",
      who: "city-admin",
      title: { en: "An insider changes a value", zh: "内部人员篡改数值" },
      does: {
        en: "Somebody who holds City's vault key changes a potassium value, properly encrypted. No page can do that, so the demo does it.",
        zh: "持有市立医院保管库密钥的人改动一个血钾值，并正确加密。页面无法做到这一点，由演示代为完成。",
      },
      proves: {
        en: "City's own system notices nothing.",
        zh: "市立医院自己的系统毫无察觉。",
      },
      isDone: (look) => look.isTampered(),
      lines: () => [["demo", "tamper", "--as", "city-admin"]],
    },
    {
      id: "notice",
      who: "county-doctor",
      page: () => "/visitors",
      title: { en: "County notices", zh: "县医院发现问题" },
      does: {
        en: "Open the history again: exactly this value is struck out in red.",
        zh: "再次打开病史：恰好这一数值被红色划掉。",
      },
      proves: {
        en: "Its content is not what City committed, and City's own signature is the evidence.",
        zh: "其内容与市立医院当初提交的不符，市立医院自己的签名就是证据。",
      },
      async isDone(look) {
        const tampered = look.seen("tamper")
        return tampered !== undefined && logged(look, COUNTY, "read", tampered.at)
      },
      lines: ({ scratch }) => reads(scratch),
    },
    {
      id: "undo",
      who: "city-admin",
      title: { en: "The value is put back", zh: "恢复原值" },
      does: {
        en: "The committed value is put back in place.",
        zh: "把当初提交的数值恢复原位。",
      },
      proves: {
        en: "The record matches the ledger again.",
        zh: "该记录重新与账本一致。",
      },
      isDone: async (look) => look.seen("tamper") !== undefined && !(await look.isTampered()),
      lines: () => [["demo", "tamper", "--undo", "--as", "city-admin"]],
    },
    {
      id: "revoke",
      who: "patient-1",
      page: () => "/access",
      title: { en: "The patient takes it back", zh: "患者收回授权" },
      does: {
        en: "Take back what County and the insurer may see.",
        zh: "收回县医院和医保机构的查看权限。",
      },
      proves: {
        en: "Custodians obey at once. The ledger follows a little later, so that times tell nothing.",
        zh: "保管机构立即遵从，账本稍后才更新，以免时间泄露信息。",
      },
      isDone: isRevoked,
      lines: () => [["revoke", "all", ...AS_PATIENT]],
    },
    {
      id: "refused",
      who: "county-doctor",
      page: () => "/visitors",
      title: { en: "The next look is refused", zh: "再次查看被拒绝" },
      does: {
        en: "The doctor opens the history once more, and is refused.",
        zh: "医生再次打开病史，遭到拒绝。",
      },
      proves: {
        en: "Without a consent nothing is released.",
        zh: "没有同意书，就不会提供任何内容。",
      },
      async isDone(look) {
        const revoked = look.seen("revoke")
        return revoked !== undefined && logged(look, COUNTY, "denied", revoked.at)
      },
      lines: ({ scratch }) => reads(scratch),
    },
    {
      id: "account",
      who: "patient-1",
      page: () => "/audit",
      title: { en: "Who looked?", zh: "谁看过？" },
      does: {
        en: "The patient opens the list of who looked: County, the insurer, each refusal, and why.",
        zh: "患者打开查阅记录：县医院、医保机构、每次拒绝及其原因。",
      },
      proves: {
        en: "Every line stands in a log on the ledger that only the patient can find again; none is missing.",
        zh: "每一条都写入账本上的日志，只有患者本人能再次找到，且无一缺失。",
      },
    },
  ],
}
