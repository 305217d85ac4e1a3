import { texts } from "../../../kit/area.ts"

/** Of whoever is invited to act for somebody. */
export const acceptTexts = texts(
  {
    accept: "Accept",
    acceptTitle: "Act for somebody else",
    acceptLead:
      "Somebody has given you an invitation: a parent for a child, a father for his daughter. Open the file, or paste its text.",
    youAct: "You would act for {who} at {where}.",
    youMay: "You may {may}, {until}. Their list of who looked names you each time.",
    youAre: "They call you {name} ({relation}).",
    giveBack: "Your answer was saved as a file. Give it back to {who}, or to the desk that invited you.",
    ownCode: "Compare this number with them before they enter you:",
    codeLabel: "Number of your answer",
    saveAgain: "Save it again",
    acceptDone: "Done",
    nowActs: "Once you are entered, choose {who} at the top of the page.",
  },
  {
    accept: "接受",
    acceptTitle: "代他人办理",
    acceptLead: "有人给了您一份邀请，例如父母代孩子、女儿代父亲。请打开文件，或粘贴其内容。",
    youAct: "您将在{where}代{who}办理。",
    youMay: "您可以{may}，{until}。对方的查阅记录会逐次列出您的姓名。",
    youAre: "对方登记的您：{name}（{relation}）。",
    giveBack: "答复已保存为文件，请交还{who}，或邀请您的窗口。",
    ownCode: "在对方录入之前，请与其核对以下数字：",
    codeLabel: "答复的数字",
    saveAgain: "再次保存",
    acceptDone: "完成",
    nowActs: "录入之后，请在页面顶部选择{who}。",
  },
)
