import type { Guide, GuideLook, GuideStep } from "@aceso/cli/tours/guide.ts"
import { messages } from "../definition/process.ts"
import { complaint as tour } from "./tour.ts"

const COUNTY = "county-hospital"
const AS_PATIENT = ["--as", "patient-1"]

/** The newest access of County Hospital in City's log. */
const accessOf = async (look: GuideLook) =>
  (await look.log()).findLast(({ requester, what }) => requester === COUNTY && what === "read")
const caseOf = (look: GuideLook) => look.newestCase(messages.name)
const casePage = async (look: GuideLook): Promise<string> => {
  const found = await caseOf(look)
  return found ? `/messages/${found.id}` : "/inbox"
}
const has =
  (step: string): GuideStep["isDone"] =>
  async (look) =>
    (await caseOf(look))?.steps.includes(step) ?? false
const typed = (value: string): GuideStep["typed"] => [
  { what: { en: "What to write", zh: "要写的内容" }, value },
]

export const complaintGuide: Guide = {
  name: "complaint",
  takeBack: tour.takeBack,
  title: { en: "A complaint", zh: "投诉" },
  summary: {
    en: "A patient complains about an access, is not content with the answer, and the authority decides.",
    zh: "患者就一次查阅提出投诉，对答复不满意，由主管部门裁定。",
  },
  steps: [
    {
      id: "access",
      who: "county-doctor",
      title: { en: "First there is an access", zh: "先有一次查阅" },
      does: {
        en: "The patient permits County everything for a day, for a visit about a knee, and a doctor reads all of it. The tour of sharing shows how; here the demo does it.",
        zh: "患者因膝痛就诊，允许县医院一天内查看全部内容，医生看了全部。具体过程见“共享病史”，此处由演示代为完成。",
      },
      proves: {
        en: "City Hospital promised, signed, to put this access into its log on the ledger.",
        zh: "市立医院签名承诺把这次查阅写入其账本日志。",
      },
      isDone: async (look) => (await accessOf(look)) !== undefined,
      lines: ({ scratch }) => [
        ["grant", "--to", COUNTY, "--purpose", "TREAT", "--until", "1d", "--yes", ...AS_PATIENT],
        ["card", "--for", COUNTY, "--out", `${scratch}/card.json`, ...AS_PATIENT],
        [
          ...["request", "--card", `${scratch}/card.json`, "--purpose", "TREAT"],
          ...["--reason", "Pain in the knee", "--as", "county-doctor"],
        ],
        ["history", `${scratch}/card.json`, "--as", "county-doctor", "--evidence", scratch],
      ],
    },
    {
      id: "look",
      who: "patient-1",
      page: () => "/audit",
      title: { en: "The patient looks: who read?", zh: "患者查看：谁看过？" },
      does: {
        en: "Open who looked. The line of County's doctor stands there, with a way to complain about it.",
        zh: "打开查阅记录，县医院医生的这一条就在其中，可由此投诉。",
      },
      proves: {
        en: "The line says who, why and by which consent.",
        zh: "这一条写明了谁、为何以及依据哪份同意书。",
      },
    },
    {
      id: "complain",
      who: "patient-1",
      async page(look) {
        const line = await accessOf(look)
        return line ? `/messages/complain/city-hospital/${line.n}` : "/messages"
      },
      title: { en: "The complaint", zh: "提出投诉" },
      does: {
        en: "The page shows the line that the complaint is about. Write why, and send it to City Hospital.",
        zh: "页面显示投诉所涉及的那一条。写明原因并发送给市立医院。",
      },
      typed: typed("Why did County read everything? I was there for my knee."),
      proves: {
        en: "The ledger has that somebody wrote to City Hospital, and by when it is to answer. Who and what is City's alone to read.",
        zh: "账本上只记录有人写给了市立医院以及答复期限。是谁、写了什么，只有市立医院能看到。",
      },
      isDone: async (look) => (await caseOf(look)) !== undefined,
    },
    {
      id: "answer",
      who: "city-registrar",
      page: casePage,
      title: { en: "City Hospital answers", zh: "市立医院答复" },
      does: {
        en: "Patient relations finds it in the inbox with its deadline, reads it with the line that it is about, and answers.",
        zh: "患者关系部门在待办中看到它和截止日期，阅读内容及所涉及的那一条，然后答复。",
      },
      typed: typed("Your consent of that day opened all of it."),
      proves: {
        en: "City checked that the line is the patient's own and what the ledger has. The answer is in the word of a person whom its directory names.",
        zh: "市立医院已核对这一条确属该患者且与账本一致。答复由其名录所列人员署名。",
      },
      isDone: has("answer"),
    },
    {
      id: "pass-on",
      who: "patient-1",
      page: casePage,
      title: { en: "Not content: to the authority", zh: "不满意，提交主管部门" },
      does: {
        en: "Read the answer, choose “Pass it on to the authority” and write why.",
        zh: "阅读答复，选择“提交主管部门”，并写明原因。",
      },
      typed: typed("Nobody told me that it would be all. Was that right?"),
      proves: {
        en: "The answer was fetched sealed, and held against the ledger. The authority takes part from now on.",
        zh: "答复以密封方式取得并与账本核对。主管部门从此参与其中。",
      },
      isDone: has("passOn"),
    },
    {
      id: "inquire",
      who: "authority",
      page: casePage,
      title: { en: "The authority asks back", zh: "主管部门要求说明" },
      does: {
        en: "The complaints officer reads all that was written, and asks City Hospital for an explanation.",
        zh: "投诉处理专员阅读全部内容，并要求市立医院说明。",
      },
      typed: typed("Was the patient shown what the consent opens?"),
      proves: {
        en: "Of the patient the authority has City's random number, and no name.",
        zh: "关于患者，主管部门只有市立医院的一个随机编号，没有姓名。",
      },
      isDone: has("inquire"),
    },
    {
      id: "explain",
      who: "city-registrar",
      page: casePage,
      title: { en: "City Hospital explains", zh: "市立医院说明" },
      does: {
        en: "It is City's turn again, with a deadline of its own. Explain.",
        zh: "又轮到市立医院，并有单独的期限。请作出说明。",
      },
      typed: typed("Yes: 23 visits, before it was signed."),
      proves: { en: "The patient reads that as well.", zh: "患者同样能看到这份说明。" },
      isDone: has("explain"),
    },
    {
      id: "decide",
      who: "authority",
      page: casePage,
      title: { en: "The authority decides", zh: "主管部门裁定" },
      does: { en: "Choose “Decide” and write the decision.", zh: "选择“裁定”，并写明裁定内容。" },
      typed: typed("The access was covered. City is to offer a narrower consent first."),
      proves: {
        en: "Nothing can be done in this case any more. The ledger has every step with its time.",
        zh: "此会话不能再有任何操作。账本上有每一步及其时间。",
      },
      isDone: has("decide"),
    },
    {
      id: "decision",
      who: "patient-1",
      page: casePage,
      title: { en: "The patient reads the decision", zh: "患者阅读裁定" },
      does: {
        en: "All of it stands in one place, in the order in which it was written.",
        zh: "全部内容按书写顺序集中在一处。",
      },
      proves: {
        en: "By a key made for this case alone: no other case of the patient can be found by it.",
        zh: "所用密钥专为此事生成，无法据此找到该患者的其他事项。",
      },
    },
    {
      id: "take-back",
      who: "patient-1",
      page: () => "/access",
      title: { en: "What was granted is taken back", zh: "收回授权" },
      does: { en: "Take back what County may see.", zh: "收回县医院的查看权限。" },
      proves: { en: "County reads nothing more.", zh: "县医院不能再查看任何内容。" },
      isDone: async (look) => look.seen("access") !== undefined && !(await look.permits(COUNTY)),
      lines: () => [["revoke", "all", ...AS_PATIENT]],
    },
  ],
}
