import { texts } from "../../../kit/area.ts"

/** What is said while a new device comes: of a patient at the desk, or of somebody who is to work here. */
export const pairingTexts = texts(
  {
    until: "Good until {time}, for one device.",
    waiting: "Waiting for the device …",
    away: "This organisation's node cannot be reached just now. It is asked again; the code stays as it is.",
    came: "A device has come",
    digits: "The six digits that it shows",
    digitsHelp: "Let them be read out to you. There is one try: if they are wrong, the code is dead.",
    digitsNone: "Six digits, such as 123 456. Nothing was tried yet.",
    confirm: "These are its digits",
    again: "Start again",
    cancel: "Close",
    print: "Print",
    tooLong: "This link is too long for a code to scan. Send it in another way.",
    over: "This code is over",
    fault: {
      digits_differ:
        "These are not the digits of that device. The code is dead, and the device was not let in. If they were read out rightly, somebody else's device came first: start again, and let nobody else see the code.",
      unknown_code:
        "The code has died: nobody came with it within ten minutes, or a device came that failed. Nothing was changed. Start again.",
      no_device_yet: "No device has come yet. Wait until it shows digits.",
    },
  },
  {
    until: "{time}前有效，仅限一台设备。",
    waiting: "正在等待设备……",
    away: "现在无法连接本机构的节点，系统会继续尝试，二维码不受影响。",
    came: "设备已到达",
    digits: "设备上显示的六位数字",
    digitsHelp: "请对方读出数字。只能输入一次：输错后该码即作废。",
    digitsNone: "请输入六位数字，例如 123 456。目前还没有提交。",
    confirm: "数字一致，确认",
    again: "重新开始",
    cancel: "关闭",
    print: "打印",
    tooLong: "链接过长，无法生成二维码，请用其他方式发送。",
    over: "该码已失效",
    fault: {
      digits_differ:
        "数字与设备显示的不一致。该码已作废，设备没有接入。如果数字读得没错，说明另一台设备抢先使用了该码：请重新开始，不要让其他人看到二维码。",
      unknown_code: "该码已失效：十分钟内没有设备使用，或设备未能完成。没有任何改动，请重新开始。",
      no_device_yet: "还没有设备到达，请等设备显示数字。",
    },
  },
)
