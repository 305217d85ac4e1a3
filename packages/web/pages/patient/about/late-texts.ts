import { texts } from "../../../kit/area.ts"

export const aboutTexts = texts(
  {
    nav: "About",
    title: "About this app",
    lead: "It shows what hospitals keep about you, and checks on this device that it is what they promised. Nobody has to believe it: look for yourself.",
    where: "What lies where",
    whereMore:
      "Your records, the ledger, this device, whoever runs the app: what each has of you, and what not.",
    look: "Without this app",
    lookMore:
      "Every hospital shows pages for anybody: the ledger block by block, who takes part, what is published, and a page that checks files. Nobody signs in there.",
    tells:
      "A link opens in another tab, outside this app, and hands over nothing of it. The hospital sees what it sees with every page: that somebody looks, and from which internet connection.",
    at: "Pages of {name}",
    newTab: "(opens a new tab)",
    none: "No hospital has a page that can be opened from here.",
  },
  {
    nav: "关于",
    title: "关于本应用",
    lead: "本应用显示各医院保存的与您有关的内容，并在这台设备上核对是否与其承诺一致。您不必轻信它，可以自己查看。",
    where: "数据在哪里",
    whereMore: "您的病历、账本、这台设备、应用运营方：各自掌握您的哪些信息，又没有哪些。",
    look: "不使用本应用查看",
    lookMore:
      "每家医院都有面向所有人的页面：逐块显示账本、参与机构、已发布的资料，以及核验文件的页面，均无需登录。",
    tells:
      "链接会在应用之外的新标签页中打开，不会带走应用中的任何内容。医院所能看到的与任何网页一样：有人在查看，以及来自哪个网络连接。",
    at: "{name}的页面",
    newTab: "（在新标签页中打开）",
    none: "没有可以从这里打开的医院页面。",
  },
)
