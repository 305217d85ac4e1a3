import type { Guide, GuideLook } from "@aceso/cli/tours/guide.ts"
import { visa as tour } from "@aceso/cli/tours/visa.ts"

const AS_PATIENT = ["--as", "patient-1"]
const OFFICE = "visa-office"

const reads = (scratch: string, purpose: string) => [
  ["history", "visitor-1", "--purpose", purpose, "--as", "visa-officer", "--evidence", scratch],
]
const logged = async (look: GuideLook, what: string, after = 0): Promise<boolean> =>
  (await look.log()).some((one) => one.requester === OFFICE && one.what === what && one.at > after)
/** Once it was there, and no more. */
const isRevoked = async (look: GuideLook): Promise<boolean> =>
  (await look.log()).some(({ reason }) => reason === "revoke") && !(await look.permits(OFFICE))

export const visa: Guide = {
  name: "visa",
  takeBack: tour.takeBack,
  title: { en: "One vaccination for a visa", zh: "为签证出示一项疫苗接种" },
  summary: {
    en: "A patient shows an office one vaccination. The office sees that record, and can open nothing else.",
    zh: "患者向签证处出示一项疫苗接种记录，对方只能查看这一项，无法打开其他任何内容。",
  },
  steps: [
    {
      id: "grant",
      who: "patient-1",
      page: () => "/records",
      title: { en: "The patient shows one vaccination", zh: "患者出示一项疫苗接种" },
      does: {
        en: "Open the yellow fever vaccination, choose “Show this to somebody”, then the Visa Office, and sign for 30 days.",
        zh: "打开黄热病疫苗接种记录，点击“出示给他人”，选择签证处，签署 30 天的授权。",
      },
      proves: {
        en: "The consent names this one record, at the one hospital that keeps it. The preview said so before it was signed.",
        zh: "授权书只列出这一条病历，并且只在保管它的医院签署。签署前的预览已经说明。",
      },
      isDone: (look) => look.permits(OFFICE),
      lines: () => [
        [
          ...["grant", "--to", OFFICE, "--record", "Immunization", "--purpose", "PATRQT"],
          ...["--until", "30d", "--yes", ...AS_PATIENT],
        ],
      ],
    },
    {
      id: "read",
      who: "visa-officer",
      page: () => "/visitors",
      title: { en: "The officer reads it", zh: "签证官员查看" },
      does: {
        en: "Open the person who has shown something: one vaccination stands there, checked against the ledger, and that nothing else is open.",
        zh: "打开向本处出示内容的人：只有一项疫苗接种，已与账本核对，并注明其他内容均未开放。",
      },
      proves: {
        en: "The record is what the hospital committed when it was given. The office learned no name and no other record.",
        zh: "这条记录与医院接种时写入账本的一致。签证处没有得到姓名，也没有得到其他病历。",
      },
      isDone: (look) => logged(look, "read"),
      lines: ({ scratch }) => reads(scratch, "PATRQT"),
    },
    {
      id: "more",
      who: "visa-officer",
      page: () => "/visitors",
      title: { en: "The officer asks for more", zh: "签证官员要求查看更多内容" },
      does: {
        en: "Open the person again, and ask for treatment in place of what the patient asks for. City Hospital refuses, in words.",
        zh: "再次打开此人，把用途由“应患者要求”改为“诊疗”。市立医院拒绝，并说明原因。",
      },
      proves: {
        en: "A consent for one purpose opens nothing for another, and the attempt is logged.",
        zh: "针对一种用途的授权不会为另一种用途开放任何内容，这次尝试也会留下记录。",
      },
      isDone: (look) => logged(look, "denied", look.seen("read")?.at),
      lines: ({ scratch }) => reads(scratch, "TREAT"),
    },
    {
      id: "account",
      who: "patient-1",
      page: () => "/audit",
      title: { en: "The patient sees both", zh: "患者看到这两次查阅" },
      does: {
        en: "Open who looked: the officer's reading of one vaccination, and the attempt that was refused.",
        zh: "打开查阅记录：签证官员查看了一项疫苗接种，另一次尝试被拒绝。",
      },
      proves: {
        en: "Both stand in a log on the ledger that only the patient can find again.",
        zh: "两者都写入账本上的日志，只有患者本人能再次找到。",
      },
    },
    {
      id: "revoke",
      who: "patient-1",
      page: () => "/access",
      title: { en: "The visa is there: taken back", zh: "签证办妥，收回授权" },
      does: { en: "Take back what the Visa Office may see.", zh: "收回签证处的查看权限。" },
      proves: {
        en: "City Hospital obeys at once. What was read stays with whoever read it.",
        zh: "市立医院立即执行。此前已查看的内容仍在对方手中。",
      },
      isDone: isRevoked,
      lines: () => [["revoke", "all", ...AS_PATIENT]],
    },
    {
      id: "refused",
      who: "visa-officer",
      page: () => "/visitors",
      title: { en: "The next look is refused", zh: "再次查看被拒绝" },
      does: {
        en: "The officer opens the person once more, and gets nothing.",
        zh: "签证官员再次打开此人，得不到任何内容。",
      },
      proves: {
        en: "Without a consent nothing is released, not even what was read before.",
        zh: "没有授权就不会提供任何内容，之前查看过的也不例外。",
      },
      async isDone(look) {
        const revoked = look.seen("revoke")
        return revoked !== undefined && logged(look, "denied", revoked.at)
      },
      lines: ({ scratch }) => reads(scratch, "PATRQT"),
    },
  ],
}
