import { texts } from "../../../../kit/area.ts"

export const backupsTexts = texts(
  {
    title: "Backups of the node",
    lead: "What there is to restore this node from, as the command aceso backup noted it in the node's folder.",
    state: {
      none: "This node knows of no backup",
      noneMore:
        "If its machine were lost now, everything in its store would be lost: records, keys, permissions, and who works here.",
      noneSince: "This node knows of no backup since its recovery",
      noneSinceMore:
        "The ones from before it do not count: with one of them the organisation would have to declare a loss once more. Make one now.",
      unreadable: "The list of backups cannot be read",
      unreadableMore:
        "The file backups.json in the node's folder is damaged. The backups themselves lie elsewhere. The next one begins the list anew.",
      old: "The newest backup is {age} old",
      oldMore: "That is more than {most}. Make one now, and see why none came since.",
      good: "The newest backup is {age} old",
      ahead: "This node is older than its newest backup",
      aheadMore:
        "That one goes up to block {block}, and the ledger here to block {height}: the folder was set back since. Do not delete that backup.",
      setBack: "This node is older than its newest backup",
      setBackMore:
        "The node's store has less than that backup has: it was set back since, without a recovery. Do not delete that backup.",
    },
    warn: "It is warned of after {most}, which is a setting:",
    lost: "If the machine were lost now",
    records:
      "No record version came in since. | At most {n} record version that came in since would be lost: the ledger keeps its fingerprint, never what it says. Noise that the node writes by itself is counted too. | At most {n} record versions that came in since would be lost: the ledger keeps their fingerprints, never what they say. Noise that the node writes by itself is counted too.",
    patients:
      "No patient was added since. | {n} patient was added since, and nobody here would know who that is. | {n} patients were added since, and nobody here would know who they are.",
    disclosures:
      "Nothing was noted since of what was handed out or decided. | {n} entry of what was handed out or decided came in since, and what it says would be lost. Noise is counted too. | {n} entries of what was handed out or decided came in since, and what they say would be lost. Noise is counted too.",
    notCountedDisclosures:
      "How much was handed out or decided since cannot be counted: that backup is of an earlier release.",
    notCounted: "How much came in since cannot be counted: that backup is of an earlier release.",
    besides:
      "What patients permitted, what was decided, and who works here would be as they were then, until devices and people confirm them.",
    blocks: {
      none: "No block came since.",
      here: "{n} block came since and is in no backup. This node keeps the network's only copy, unless somebody else has one. | {n} blocks came since and are in no backup. This node keeps the network's only copy, unless somebody else has one.",
      others: "{n} block came since. Other nodes have it. | {n} blocks came since. Other nodes have them.",
    },
    newest: "The newest backup",
    at: "Made",
    ago: "{age} ago",
    block: "Up to block",
    withBlocks: "with the ledger's blocks",
    withoutBlocks: "without the ledger's blocks, which other nodes have",
    to: "Lies in",
    keyring: "Its keys lie in",
    keyringMore:
      "Delete that folder by {day}: with keys that are kept longer, what was erased could be read again.",
    keyringLate: "Its keys were to be deleted by {day}. Whether they were, this node does not see.",
    noKeyring: "There was no keyring yet.",
    size: "Size",
    release: "Made by",
    releaseOf: "aceso {version}",
    elsewhere:
      "These are folders of the machine that the command ran on. Whether they are still there, and have come to another machine, this node does not see.",
    before: "Backups before it",
    beforeRecovery: "Backups from before the recovery",
    beforeRecoveryMore:
      "Never put one of these back while there is a newer one: since the recovery the ledger goes another way than they do. They are kept here so that you find their keys and delete them in time.",
    column: { at: "Made", block: "Block", to: "Folder", keyring: "Keys to be deleted by" },
    restored:
      "The list is a part of each backup. In a folder that was restored it ends with the backup before the one that it came from.",
    make: "Make one",
    makeMore:
      "In a terminal of the node's machine, also while the node runs. Each backup has a folder of its own:",
    copy: "Copy",
    copied: "Copied",
    noButton:
      "There is no button for it: a backup has all records and, beside it, all keys. Where those go, and who gets at them there, is decided by whoever owns the machine, never by a page. Let the machine do it each day by itself.",
    without: "What no backup has",
    secrets:
      "The node's secrets (secrets/) and those of its people (people/). Copy them once to a safe place, and again when they change. Without secrets/vault.key no backup can be opened.",
    keys: "The keyring is no part of the copy. It has a folder of its own, and is kept for 30 days at most.",
    restore:
      "How to restore stands in docs/operations.md, “Backup and restore”. A node that is older than its ledger leads its administrator out of that here, step by step.",
  },
  {
    title: "节点备份",
    lead: "可用于恢复本节点的备份，由命令 aceso backup 记录在节点的文件夹中。",
    state: {
      none: "本节点没有已知的备份",
      noneMore: "如果现在失去这台机器，其中的全部数据都会丢失：病历、密钥、授权，以及工作人员名单。",
      noneSince: "自恢复以来，本节点没有已知的备份",
      noneSinceMore: "恢复之前的备份不算在内：若放回其中之一，本机构须再次声明数据丢失。请立即备份。",
      unreadable: "无法读取备份列表",
      unreadableMore: "节点文件夹中的 backups.json 已损坏。备份本身存放在别处。下一次备份会重新建立列表。",
      old: "最近一次备份距今 {age}",
      oldMore: "已超过 {most}。请立即备份，并查明此后为何没有新的备份。",
      good: "最近一次备份距今 {age}",
      ahead: "本节点比最近的备份还旧",
      aheadMore:
        "该备份到第 {block} 区块，而本节点的账本只到第 {height} 区块：文件夹此后被回退过。请勿删除该备份。",
      setBack: "本节点比最近的备份还旧",
      setBackMore: "节点的数据少于该备份：数据此后未经恢复流程就被回退过。请勿删除该备份。",
    },
    warn: "超过 {most} 即会提醒，可在此设置：",
    lost: "如果现在失去这台机器",
    records:
      "此后没有新的病历版本。 | 此后新增的病历版本会丢失，至多 {n} 个（含节点自行写入的填充条目）：账本只有其指纹，没有内容。 | 此后新增的病历版本会丢失，至多 {n} 个（含节点自行写入的填充条目）：账本只有其指纹，没有内容。",
    patients:
      "此后没有新增患者。 | 此后新增了 {n} 位患者，届时将无人知道是谁。 | 此后新增了 {n} 位患者，届时将无人知道是谁。",
    disclosures:
      "此后没有新的提供或决定记录。 | 此后新增了 {n} 条提供或决定记录（含填充条目），其内容会丢失。 | 此后新增了 {n} 条提供或决定记录（含填充条目），其内容会丢失。",
    notCountedDisclosures: "无法统计此后新增了多少条提供或决定记录：该备份由较早的版本生成。",
    notCounted: "无法统计此后新增了多少：该备份由较早的版本生成。",
    besides: "患者的授权、已作出的决定和工作人员名单都会回到当时的状态，须由患者设备和相关人员重新确认。",
    blocks: {
      none: "此后没有新区块。",
      here: "此后的 {n} 个区块不在任何备份中。除非另有人保存，全网只有本节点有这些区块。 | 此后的 {n} 个区块不在任何备份中。除非另有人保存，全网只有本节点有这些区块。",
      others: "此后有 {n} 个新区块，其他节点保存有。 | 此后有 {n} 个新区块，其他节点保存有。",
    },
    newest: "最近一次备份",
    at: "时间",
    ago: "{age}前",
    block: "截至区块",
    withBlocks: "含账本区块",
    withoutBlocks: "不含账本区块，其他节点保存有",
    to: "存放于",
    keyring: "密钥存放于",
    keyringMore: "请在 {day} 之前删除该文件夹：密钥保留过久，已销毁的内容就可能被重新读出。",
    keyringLate: "其密钥应在 {day} 之前删除。是否已删除，本节点无从得知。",
    noKeyring: "当时还没有密钥库。",
    size: "大小",
    release: "生成工具",
    releaseOf: "aceso {version}",
    elsewhere: "以上是运行该命令的机器上的文件夹。它们是否还在、是否已转存到别的机器，本节点无从得知。",
    before: "更早的备份",
    beforeRecovery: "恢复之前的备份",
    beforeRecoveryMore:
      "只要有更新的备份，就切勿放回这些备份：恢复之后，账本已与它们不同。列在这里，是为了便于找到并按期删除其密钥。",
    column: { at: "时间", block: "区块", to: "文件夹", keyring: "密钥删除期限" },
    restored: "备份列表也包含在每次备份中。恢复后的文件夹里，列表止于所用备份的前一次。",
    make: "进行备份",
    makeMore: "请在节点所在机器的终端中运行，节点无需停止。每次备份使用单独的文件夹：",
    copy: "复制",
    copied: "已复制",
    noButton:
      "这里没有备份按钮：备份含有全部病历，旁边还有全部密钥。它们存放在哪里、谁能接触，应由机器的管理者决定，而不是由网页决定。请让机器每天自动备份。",
    without: "备份中没有的内容",
    secrets:
      "节点的机密文件（secrets/）和工作人员的机密文件（people/）。请复制一份存放在安全的地方，变更后重新复制。没有 secrets/vault.key，任何备份都无法打开。",
    keys: "密钥库不在备份文件夹中，而是单独存放，最多保留 30 天。",
    restore:
      "恢复方法见 docs/operations.md 中的“Backup and restore”。如果节点的数据落后于账本，本页面会逐步引导管理员完成恢复。",
  },
)
