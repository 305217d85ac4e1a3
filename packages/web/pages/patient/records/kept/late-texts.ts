import { texts } from "../../../../kit/area.ts"

/** Loaded with what says them: most people never come here. */
export const keptTexts = texts(
  {
    title: "Records on this device",
    lead: "If you like, this device keeps a copy of your records, so that you can read them without a connection: on the way, abroad, or when a hospital's system is down.",
    points: {
      sealed: "The copy is locked. It opens only with what unlocks this page for you.",
      asOf: "It says of which moment it is, and up to where it was checked then. Each time your records are read anew, what was checked is renewed. If an organisation loses records, closes them or shows something else, what was checked before stays here with its moment.",
      own: "Whoever uses this device and cannot unlock this page can see that there is a copy, roughly how large it is, and nothing of what it says.",
      notShared: "On a device that others use too, leave it off.",
    },
    keep: "Keep my records on this device",
    busy: "Reading and locking your records …",
    off: "Nothing of your records is kept on this device.",
    none: "It is on, and nothing is kept yet. It will be when your records are read next.",
    here: "{n} entry, as of {moment}, takes {size}. | {n} entries, as of {moment}, take {size}.",
    left: "Not all had room: the oldest {n} entries are not kept on this device. They are still where they were recorded.",
    remove: "Remove from this device",
    removed: "Removed. Nothing of your records is kept on this device.",
    delegate: "You act for somebody else here. Nothing of another person's records is kept on this device.",
    without: "Without a connection you can read what is kept, and nothing else",
    withoutHow:
      "New records, who looked, permissions, requests and cards need the organisation itself. Nothing that you do here reaches it until it can be reached again.",
    fault: {
      device_full:
        "This device has no room for your records. What was kept before is still there. Delete something on the device, then try again.",
      kept_changed:
        "What this device had kept of your records was changed since. Nothing of it is shown, and it was removed. It is kept anew when your records are read from their organisations.",
      other: "Your records could not be kept on this device. Try again when they are read next.",
    },
  },
  {
    title: "保存在本设备上的记录",
    lead: "如果您愿意，本设备可以保存一份您的记录，没有网络时也能查看：例如在途中、在国外，或医院系统故障时。",
    points: {
      sealed: "副本已加密，只有用您解锁本页面的方式才能打开。",
      asOf: "副本会注明截至何时、当时核验到哪里。每次重新读取记录时，已核验的内容自动更新。如果机构丢失、关闭记录或显示了不同内容，先前已核验的内容仍会连同其时间保留在此。",
      own: "其他人使用本设备但无法解锁本页面时，只能看出有一份副本及其大致大小，看不到任何内容。",
      notShared: "如果本设备与他人共用，请不要开启。",
    },
    keep: "在本设备上保存我的记录",
    busy: "正在读取并加密您的记录……",
    off: "本设备上没有保存您的记录。",
    none: "已开启，尚未保存任何内容。下次读取记录时会自动保存。",
    here: "共 {n} 条，截至 {moment}，占用 {size}。",
    left: "空间不足：最早的 {n} 条未保存在本设备上，但仍保存在原机构。",
    remove: "从本设备删除",
    removed: "已删除。本设备上没有保存您的记录。",
    delegate: "您正在代理他人。他人的记录不会保存在本设备上。",
    without: "没有网络时，只能查看已保存的内容",
    withoutHow:
      "新的记录、访问情况、授权、申请和就诊卡都需要连接到相应机构。恢复连接之前，您在此处的操作不会传达给对方。",
    fault: {
      device_full: "本设备空间不足，无法保存您的记录。此前保存的内容仍在。请先在设备上清理空间，然后重试。",
      kept_changed: "本设备上保存的记录已被改动，因此不予显示，并已删除。从各机构重新读取记录后会再次保存。",
      other: "未能在本设备上保存您的记录，请在下次读取记录时重试。",
    },
  },
)
