import { texts } from "../../../kit/area.ts"

export const noticesTexts = texts(
  {
    title: "Be told at once",
    link: "Be told on this device when something waits",
    lead: "This device can tell you when something new waits for you, also while this app is closed.",
    switch: "Tell me on this device",
    on: "On",
    off: "Off",
    what: "What do you want to be told of?",
    decisions: "When I have something to decide",
    decisionsMore:
      "Somebody asks to see your records, or a hospital changes something that you can object to.",
    accesses: "Also each time that somebody looks",
    accessesMore: "Every access, also those that you allowed. There may be many.",
    says: "The message says only “There is something new in your health records”. It names nobody and nothing, so that it may stand on a locked screen.",
    learns:
      "Your hospitals do not learn which device you have. Whoever runs this app learns that some device is to be told, and which hospital had something for it, but not who you are. The message comes by your browser's maker, as all such messages do, up to a minute later.",
    unable: "This browser cannot be told",
    unableBody:
      "It knows no such messages. On an iPhone or iPad, add this app to the home screen first and open it from there. What waits for you is shown each time you open the app.",
    refused: "This browser is not allowed to tell you",
    refusedBody:
      "You, or somebody who set up this device, refused messages from this app. Allow notifications for this page in the browser's settings, then open this page again.",
    fault: {
      notices_unavailable:
        "That did not work: the browser's message service cannot be reached just now. Try again later.",
    },
    turnedOn: "From now on this device tells you.",
    turnedOff: "This device tells you nothing any more.",
    elsewhere: "Another device of yours is still told.",
    changed: "Changed. It holds for all your devices.",
    silent: "{where} cannot be reached just now. It is told the next time that you open this app.",
  },
  {
    title: "及时通知",
    link: "有待办事项时在这台设备上通知我",
    lead: "有新的事项等待您处理时，这台设备可以立即通知您，即使本应用已关闭。",
    switch: "在这台设备上通知我",
    on: "已开启",
    off: "已关闭",
    what: "您希望在什么情况下收到通知？",
    decisions: "有事项需要我决定时",
    decisionsMore: "例如有人申请查看您的病历，或医院作出您可以提出异议的更改。",
    accesses: "每次有人查看时也通知",
    accessesMore: "包括您已授权的每一次查看，通知可能较多。",
    says: "通知只写“您的健康记录有新的内容”，不提及任何人和任何内容，因此可以显示在锁屏上。",
    learns:
      "医院不会得知您使用哪台设备。本应用的运营方只知道有一台设备需要通知、由哪家医院发起，不知道您是谁，也看不到您的病历。与其他应用的通知一样，通知经由浏览器厂商送达，最多延迟一分钟。",
    unable: "此浏览器无法接收通知",
    unableBody:
      "此浏览器不支持通知。如果使用 iPhone 或 iPad，请先将本应用添加到主屏幕，再从主屏幕打开。每次打开本应用时，都会显示等待您处理的事项。",
    refused: "此浏览器未获准向您发送通知",
    refusedBody:
      "您本人或设置这台设备的人拒绝了本应用的通知。请在浏览器设置中允许本页面发送通知，然后重新打开本页面。",
    fault: { notices_unavailable: "操作没有成功：现在无法连接浏览器的通知服务，请稍后重试。" },
    turnedOn: "从现在起，这台设备会通知您。",
    turnedOff: "这台设备不再通知您。",
    elsewhere: "您的另一台设备仍会收到通知。",
    changed: "已更改，对您的所有设备生效。",
    silent: "现在无法连接{where}。下次打开本应用时会再次告知该机构。",
  },
)
