import { texts } from "../../../kit/area.ts"

export const cardTexts = texts(
  {
    title: "Card for a visit",
    lead: "Show it at a desk: that organisation may then ask to see your records. The card itself opens nothing; you decide every request.",
    for: "For which organisation?",
    make: "Make a card",
    anew: "Make a new card",
    forWhom: "Card for {who}",
    qr: "Card for {who} as a code to scan",
    valid: "Valid for {minutes} more minute | Valid for {minutes} more minutes",
    until: "Until {time}",
    over: "This card is over. Make a new one.",
    places: "It names: {places}",
    tooLong:
      "You have records at so many organisations that this card does not fit a code. Hand over the file instead.",
    file: "Save as a file",
    fileName: "card-for-{who}.json",
    delegate: "A card says that all its places are one's own. Somebody who acts for you has none.",
  },
  {
    title: "就诊卡",
    lead: "在服务台出示后，该机构就可以向您请求查看病历。就诊卡本身不开放任何内容，每项请求都由您决定。",
    for: "给哪家机构？",
    make: "生成就诊卡",
    anew: "重新生成",
    forWhom: "给{who}的就诊卡",
    qr: "给{who}的就诊卡二维码",
    valid: "还有 {minutes} 分钟有效",
    until: "有效期至{time}",
    over: "这张就诊卡已失效，请重新生成。",
    places: "卡上列出的机构：{places}",
    tooLong: "您的病历分布在很多机构，这张就诊卡放不进一个二维码。请改为提交文件。",
    file: "保存为文件",
    fileName: "card-for-{who}.json",
    delegate: "就诊卡表示卡上所有病历都属于持卡人本人，代办人没有就诊卡。",
  },
)
