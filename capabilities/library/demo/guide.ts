import type { Guide, GuideLook, GuideStep } from "@aceso/cli/tours/guide.ts"
import { texts } from "./texts.ts"
import { library as tour } from "./tour.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"
const [WARFARIN, CHINESE, PLAN] = ["warfarin", "warfarin-zh", "anticoagulation"]

/** Published while it is told: its version is what a newer one is compared with. */
const isPublished =
  (member: string, slug: string): GuideStep["isDone"] =>
  async (look) => {
    const row = await look.publication(member, slug)
    return row?.isOpen === true && look.isOurs(row.at) && String(row.version)
  }
const isWithdrawn = async (look: GuideLook, member: string, slug: string, step: string): Promise<boolean> =>
  look.seen(step) !== undefined && (await look.publication(member, slug))?.isOpen === false

const fields = (slug: string, title: string, language: string, content: string): GuideStep["typed"] => [
  { what: { en: "Name in addresses", zh: "网址中的名称" }, value: slug },
  { what: { en: "Language", zh: "语言" }, value: language },
  { what: { en: "Title", zh: "标题" }, value: title },
  { what: { en: "Text", zh: "正文" }, value: content },
]

export const libraryGuide: Guide = {
  name: "library",
  takeBack: tour.takeBack,
  title: { en: "What is open to all", zh: "面向所有人的资料" },
  summary: {
    en: "What is published is read anywhere and checked. What is protected stays closed.",
    zh: "公开的资料随处可读且可核验，受保护的内容始终关闭。",
  },
  steps: [
    {
      id: "english",
      who: "city-admin",
      page: () => "/library/publish",
      title: { en: "City Hospital explains warfarin", zh: "市立医院介绍华法林" },
      does: { en: "Fill in the page and publish it as a medicine.", zh: "填写页面，以“药品”类别发布。" },
      typed: fields(WARFARIN, "Warfarin", "en", texts.english),
      proves: {
        en: "The ledger has the hash of the text. City's node keeps the text, and hands it to everybody.",
        zh: "账本上是正文的哈希，正文由市立医院的节点保存并提供给所有人。",
      },
      isDone: isPublished(CITY, WARFARIN),
    },
    {
      id: "chinese",
      who: "city-admin",
      page: () => "/library/publish",
      title: { en: "The same in Chinese", zh: "中文版本" },
      does: { en: "Publish the Chinese text as well.", zh: "再发布中文版。" },
      typed: fields(CHINESE, "华法林", "zh-CN", texts.chinese),
      proves: { en: "Each language is a publication of its own.", zh: "每种语言都是单独的一份资料。" },
      isDone: isPublished(CITY, CHINESE),
    },
    {
      id: "plan",
      who: "authority",
      page: () => "/library/publish",
      title: { en: "The authority says what is provided", zh: "主管部门公布保障项目" },
      does: {
        en: "Publish it as “What is provided”, written as a FHIR resource.",
        zh: "以“保障项目”类别发布，格式选择 FHIR 资源。",
      },
      typed: fields(PLAN, "Anticoagulation clinics", "en", texts.plan),
      proves: {
        en: "A FHIR PlanDefinition: what is provided, to whom, on which terms.",
        zh: "这是 FHIR PlanDefinition：向谁提供什么，条件如何。",
      },
      isDone: isPublished("authority", PLAN),
    },
    {
      id: "refused-form",
      who: "city-admin",
      page: () => "/library/publish",
      title: { en: "A form that names a person is refused", zh: "含有个人信息的表单被拒绝" },
      does: {
        en: "Try to publish it as a form, written as a FHIR resource. The page refuses.",
        zh: "尝试以“表单”类别、FHIR 资源格式发布，页面会拒绝。",
      },
      typed: fields("intake", "Intake", "en", texts.filledIn),
      proves: {
        en: "What is published is for everybody: nothing about a person gets there.",
        zh: "公开资料面向所有人，任何个人信息都不会进入其中。",
      },
    },
    {
      id: "read",
      who: "county-doctor",
      page: () => `/library/${CITY}/${WARFARIN}`,
      title: { en: "Read at County Hospital", zh: "在县医院阅读" },
      does: {
        en: "County's node has a copy; the page says that it is what City published.",
        zh: "县医院的节点已有副本，页面表明它就是市立医院发布的内容。",
      },
      proves: {
        en: "The ledger says whose text it is, whoever hands it out. No consent was needed.",
        zh: "无论由谁提供，账本都能证明这是谁的正文，且无需任何同意。",
      },
      isDone: async (look) =>
        look.seen("english") !== undefined && (await look.copyAt(COUNTY, CITY, WARFARIN)) !== undefined,
    },
    {
      id: "newer",
      who: "city-admin",
      page: () => `/library/publish?slug=${WARFARIN}`,
      title: { en: "City publishes a newer version", zh: "市立医院发布新版本" },
      does: {
        en: "Put the newer text in place of the older one, and publish.",
        zh: "用新正文替换旧正文并发布。",
      },
      typed: [{ what: { en: "Text", zh: "正文" }, value: texts.newer }],
      proves: {
        en: "Versions only grow: whoever hands out the older one is found.",
        zh: "版本只增不减，仍提供旧版的节点会被发现。",
      },
      async isDone(look) {
        const first = look.seen("english")
        const row = await look.publication(CITY, WARFARIN)
        return (
          first !== undefined &&
          row?.isOpen === true &&
          row.version > Number(first.mark) &&
          String(row.version)
        )
      },
    },
    {
      id: "follows",
      who: "county-doctor",
      page: () => `/library/${CITY}/${WARFARIN}`,
      title: { en: "County's copy follows", zh: "县医院的副本随之更新" },
      does: { en: "Look again: it is the newer version.", zh: "再看一次：已是新版本。" },
      proves: {
        en: "An older version is never shown as the newest.",
        zh: "旧版本绝不会被当作最新版显示。",
      },
      async isDone(look) {
        const newer = look.seen("newer")
        return newer !== undefined && (await look.copyAt(COUNTY, CITY, WARFARIN)) === Number(newer.mark)
      },
    },
    {
      id: "list",
      who: "patient-1",
      page: () => "/library",
      title: { en: "All that is open", zh: "全部公开资料" },
      does: { en: "The patient looks at the whole list.", zh: "患者浏览完整列表。" },
      proves: {
        en: "The ledger counts what each organisation has published: a node that leaves something out is found.",
        zh: "账本记录各机构发布了多少内容，有遗漏的节点会被发现。",
      },
    },
    {
      id: "protected",
      who: "county-doctor",
      page: () => "/visitors",
      title: { en: "What is protected stays closed", zh: "受保护的内容保持关闭" },
      does: {
        en: "A doctor at County asks which dose this patient takes, without a consent.",
        zh: "县医院的医生在没有同意的情况下询问该患者的用药剂量。",
      },
      proves: {
        en: "What warfarin is, all may read. That this patient takes it, City tells nobody without consent.",
        zh: "华法林是什么，人人可读；而该患者是否服用，未经同意市立医院不会告诉任何人。",
      },
      isDone: async (look) =>
        (await look.log()).some(({ requester, what }) => requester === COUNTY && what === "denied"),
      lines: ({ scratch }) => [
        ["card", "--for", COUNTY, "--out", `${scratch}/card.json`, "--as", "patient-1"],
        [
          ...["request", "--card", `${scratch}/card.json`, "--purpose", "TREAT"],
          ...["--reason", "Which dose of warfarin?", "--as", "county-doctor"],
        ],
      ],
    },
    {
      id: "decline",
      who: "patient-1",
      page: () => "/requests",
      title: { en: "The patient declines", zh: "患者拒绝" },
      does: { en: "Decline the request that waits.", zh: "拒绝待处理的申请。" },
      proves: {
        en: "The request is answered, and stands in the list of who looked.",
        zh: "申请已得到答复，并留在查阅记录中。",
      },
      isDone: async (look) => look.seen("protected") !== undefined && (await look.openRequests()) === 0,
      lines: () => [["decline", "all", "--as", "patient-1"]],
    },
    {
      id: "withdraw",
      who: "city-admin",
      page: () => `/library/${CITY}/${WARFARIN}`,
      title: { en: "City withdraws its text", zh: "市立医院撤回资料" },
      does: { en: "Withdraw the English text.", zh: "撤回英文版。" },
      proves: {
        en: "The ledger says so, and every node deletes its copy.",
        zh: "账本予以记录，各节点删除副本。",
      },
      isDone: (look) => isWithdrawn(look, CITY, WARFARIN, "english"),
    },
    {
      id: "withdraw-chinese",
      who: "city-admin",
      page: () => `/library/${CITY}/${CHINESE}`,
      title: { en: "And the Chinese one", zh: "同时撤回中文版" },
      does: { en: "Withdraw it as well.", zh: "将其一并撤回。" },
      proves: { en: "It can be published again as a newer version.", zh: "之后仍可作为新版本再次发布。" },
      isDone: (look) => isWithdrawn(look, CITY, CHINESE, "chinese"),
    },
    {
      id: "withdraw-plan",
      who: "authority",
      page: () => `/library/authority/${PLAN}`,
      title: { en: "The authority withdraws its plan", zh: "主管部门撤回保障项目" },
      does: { en: "Withdraw it: the tour leaves nothing open.", zh: "将其撤回，本导览不留下任何公开内容。" },
      proves: {
        en: "A node that still handed it out would be found by the ledger.",
        zh: "仍在提供的节点会被账本发现。",
      },
      isDone: (look) => isWithdrawn(look, "authority", PLAN, "plan"),
    },
  ],
}
