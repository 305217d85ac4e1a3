import { texts } from "../../../kit/area.ts"

/** Of whoever begins here with a device: nobody else needs them. */
export const joinTexts = texts(
  {
    title: "Begin to work here with this device",
    code: "Invitation code",
    codeHelp: "Your administrator tells it to you; it lives for ten minutes.",
    noCode: "A code is four times four letters and digits, such as 7K2M-9QXR-4TBW-0HVC",
    next: "Next",
    passkeyName: "Aceso at work",
    read: "Tell these digits to the administrator of {organisation}. They are typed there before this device counts.",
    digits: "Digits of this device",
    wait: "Waiting until they are typed …",
    second:
      "Your device has come. A second administrator has to agree before it counts: unlock it here when they have.",
  },
  {
    title: "在这台设备上开始工作",
    code: "邀请码",
    codeHelp: "由管理员告知，十分钟内有效。",
    noCode: "邀请码由四组四位字母和数字组成，例如 7K2M-9QXR-4TBW-0HVC",
    next: "下一步",
    passkeyName: "Aceso 工作",
    read: "请把下面的数字告诉{organisation}的管理员。对方输入之后，这台设备才生效。",
    digits: "本设备的数字",
    wait: "正在等待对方输入……",
    second: "您的设备已到达，须经第二位管理员同意后生效。同意后请在这里解锁。",
  },
)
