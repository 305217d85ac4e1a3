import { texts } from "../../../kit/area.ts"

/** What each action of each contract is, and who may do it; a test holds it to the contracts. */
export const contractTexts = texts(
  {
    governance: {
      propose: { title: "A ballot was opened", who: "a member that votes" },
      vote: { title: "A vote was cast", who: "a voter of the time when the ballot was opened" },
      registerKey: {
        title: "A member registered another key",
        who: "a member with a valid key, together with the new key",
      },
      retireKey: {
        title: "A member retired one of its keys",
        who: "the member whose key it is, with another valid key",
      },
      setDirectory: { title: "A member put its directory of staff on the ledger", who: "the member itself" },
      endStaff: { title: "A member ended keys or times of its staff", who: "the member itself" },
      setUrl: { title: "A member moved its node to another address", who: "the member itself" },
      reportReady: {
        title: "A new validator said that it is ready",
        who: "a member whose validator was voted in",
      },
      openRecovery: {
        title: "A custodian declared that it restored an older state",
        who: "a custodian, for itself",
      },
      permitRecovery: { title: "An authority allowed another recovery", who: "an authority" },
    },
    people: {
      enrol: {
        title: "A custodian took in a person",
        who: "a custodian, for itself; with a key also that key",
      },
      enrolWithoutKey: { title: "A custodian took in persons without a key", who: "a custodian, for itself" },
      enrolKey: { title: "A person got a key of their own", who: "the person's custodian and the new key" },
      rekey: {
        title: "A desk put another key in place of a lost one",
        who: "the person's custodian and the new key",
      },
      cancelRekey: {
        title: "Such a replacement was taken back",
        who: "the key that still counts, or the custodian",
      },
    },
    delegates: {
      enter: {
        title: "Somebody may act for a person",
        who: "the person, or for one without a key the custodian",
      },
      end: { title: "Somebody acts for a person no more", who: "the person, the custodian or whoever acted" },
      endAll: {
        title: "Nobody acts for a person any more",
        who: "the person, or for one without a key the custodian",
      },
    },
    records: {
      commit: { title: "A custodian committed to records", who: "a custodian, for its own patients" },
    },
    policy: {
      grant: {
        title: "A person changed who may read",
        who: "the person's key, or that of somebody who acts for them, with the custodian's",
      },
      restrict: {
        title: "A person narrowed who may read",
        who: "the person's key, or that of somebody who acts for them, with the custodian's",
      },
      revoke: {
        title: "A person took a permission back",
        who: "the person's key, or that of somebody who acts for them, with the custodian's",
      },
    },
    disclosure: {
      commit: {
        title: "A custodian put releases and refusals into its log",
        who: "a custodian, for its own log",
      },
      promiseBroken: {
        title: "A promise to log something was shown to be broken",
        who: "a member that holds the promise",
      },
      reportMismatch: {
        title: "A custodian's answer was shown to contradict the ledger",
        who: "a member that received the answer",
      },
    },
    library: {
      publish: { title: "A member published something for everybody", who: "a member" },
      withdraw: { title: "A member withdrew a publication", who: "a member" },
    },
    cases: {
      open: {
        title: "A shared matter was begun",
        who: "whoever opens it; a key together with a member that pays",
      },
      step: { title: "A shared matter went on", who: "whoever's turn it is" },
      demand: { title: "A document of a matter was asked for", who: "a party of it" },
      meet: { title: "What was asked for was handed over", who: "a party of it" },
    },
  },
  {
    governance: {
      propose: { title: "发起表决", who: "有表决权的成员" },
      vote: { title: "投票", who: "发起表决时有表决权的成员" },
      registerKey: { title: "成员登记新密钥", who: "持有有效密钥的成员与新密钥共同签署" },
      retireKey: { title: "成员停用自己的一个密钥", who: "该密钥所属成员，以另一有效密钥签署" },
      setDirectory: { title: "成员更新其工作人员名录", who: "该成员本身" },
      endStaff: { title: "成员终止工作人员的密钥或任期", who: "该成员本身" },
      setUrl: { title: "成员更改其节点地址", who: "该成员本身" },
      reportReady: { title: "新验证者报告就绪", who: "其验证者已获表决通过的成员" },
      openRecovery: { title: "医疗机构声明已恢复到较早的状态", who: "医疗机构，仅为自身" },
      permitRecovery: { title: "主管机构准许再次恢复", who: "主管机构" },
    },
    people: {
      enrol: { title: "医疗机构登记一个人", who: "医疗机构，仅为自身；如有密钥则该密钥一并签署" },
      enrolWithoutKey: { title: "医疗机构登记尚无密钥的人", who: "医疗机构，仅为自身" },
      enrolKey: { title: "一个人获得自己的密钥", who: "其医疗机构与新密钥共同签署" },
      rekey: { title: "服务台以新密钥替换遗失的密钥", who: "其医疗机构与新密钥共同签署" },
      cancelRekey: { title: "撤回上述替换", who: "仍有效的密钥，或其医疗机构" },
    },
    delegates: {
      enter: { title: "某人可以代表他人办理事务", who: "本人；本人没有密钥时由医疗机构" },
      end: { title: "某人不再代表他人", who: "本人、医疗机构或代理人" },
      endAll: { title: "不再有人代表该人", who: "本人；本人没有密钥时由医疗机构" },
    },
    records: {
      commit: { title: "医疗机构提交病历指纹", who: "医疗机构，仅为自己的患者" },
    },
    policy: {
      grant: { title: "本人更改授权", who: "本人密钥；或代理人与医疗机构共同签署" },
      restrict: { title: "本人收窄授权", who: "本人密钥；或代理人与医疗机构共同签署" },
      revoke: { title: "本人撤回授权", who: "本人密钥；或代理人与医疗机构共同签署" },
    },
    disclosure: {
      commit: { title: "医疗机构将查阅与拒绝写入日志", who: "医疗机构，仅为自己的日志" },
      promiseBroken: { title: "证实某个记录承诺未被履行", who: "持有该承诺的成员" },
      reportMismatch: { title: "证实某机构的答复与账本不符", who: "收到该答复的成员" },
    },
    library: {
      publish: { title: "成员发布公开资料", who: "成员" },
      withdraw: { title: "成员撤回公开资料", who: "成员" },
    },
    cases: {
      open: { title: "开始一项共同事务", who: "发起方；以密钥发起时由一个成员付费" },
      step: { title: "共同事务推进一步", who: "轮到的一方" },
      demand: { title: "要求提供事务中的文件", who: "参与方" },
      meet: { title: "已提供所要求的文件", who: "参与方" },
    },
  },
)
