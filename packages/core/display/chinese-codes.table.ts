import { pairsOf } from "./chinese-elements.table.ts"

const table = (
  lines: Readonly<Record<string, string>>,
): Readonly<Record<string, Readonly<Record<string, string>>>> =>
  Object.fromEntries(Object.entries(lines).map(([name, text]) => [name, Object.fromEntries(pairsOf(text))]))

const STATUS = `active 有效 inactive 无效 entered-in-error 录入错误 on-hold 暂停 onhold 暂停 unknown 不详 proposed 提议 pending 待定
booked 已预约 arrived 已到达 fulfilled 已完成 cancelled 已取消 noshow 未到诊 checked-in 已报到 waitlist 候补 accepted 已接受
declined 已谢绝 tentative 暂定 needs-action 待处理 available 可用 unavailable 不可用 draft 草稿 revoked 已撤销 completed 已完成
not-started 未开始 scheduled 已安排 in-progress 进行中 stopped 已停止 suspended 暂停 planned 计划中 billable 可计费
not-billable 不可计费 aborted 已中止 billed 已计费 preparation 准备中 not-done 未执行 preliminary 初步 final 最终 amended 已修订
rejected 已驳回 mitigated 已缓解 intended 拟用 registered 已登记 partial 部分 corrected 已更正 appended 已补充 current 当前
superseded 已被取代 triaged 已分诊 onleave 请假外出 finished 已结束 reserved 已预留 health-unknown 健康状况不详 success 成功
data-requested 已请求数据 data-required 需要数据 failure 失败 issued 已开具 balanced 已结清 retired 已停用 complete 完整 error 错误
not-taken 未服用 candidate 候选 eligible 符合条件 follow-up 随访中 ineligible 不符合条件 not-registered 未登记 off-study 已退出研究
on-study 参与研究中 on-study-intervention 研究干预中 on-study-observation 研究观察中 pending-on-study 待入组
potential-candidate 潜在候选 screening 筛选中 withdrawn 已退出 unsatisfactory 不合格 abandoned 已放弃 requested 已申请
received 已接收 ready 就绪 failed 失败 generated 自动生成 extensions 含扩展 additional 含补充 empty 空`

/** Codes of R4's value sets of strength `required`, by the element that holds them. No name that elsewhere holds a text of people. */
export const chineseCodes = table({
  status: STATUS,
  lifecycleStatus: STATUS,
  participantStatus: STATUS,
  docStatus: "preliminary 初步 final 最终 amended 已修订 entered-in-error 录入错误",
  actuality: "actual 实际发生 potential 潜在",
  gender: "male 男 female 女 other 其他 unknown 不详",
  criticality: "low 低 high 高 unable-to-assess 无法评估",
  severity: "mild 轻度 moderate 中度 severe 重度 high 高 low 低",
  category:
    "food 食物 medication 药物 environment 环境 biologic 生物制品 measurement 测量 setting 设置 calculation 计算 unspecified 未说明",
  type: `allergy 过敏 intolerance 不耐受 document 文书 message 消息 searchset 检索结果 collection 汇集 history 历史 permit 允许
    deny 禁止 udi-label-name 标签名称 user-friendly-name 通用名称 patient-reported-name 患者所称名称 manufacturer-name 厂家名称
    model-name 型号名称 other 其他 unspecified 未说明 individual 个体 subject-list 对象列表 summary 汇总 data-collection 数据收集
    aa 氨基酸 dna DNA rna RNA replaced-by 被替代为 replaces 替代 refer 参见 seealso 另见 postal 邮寄地址 physical 实际地址 both 两者
    base 基价 surcharge 加收 deduction 扣减 discount 折扣 tax 税 informational 参考 offset 偏移 gain 增益 two-point 两点 unknown 不详`,
  use: `claim 费用申报 preauthorization 预授权 predetermination 费用预估 home 家庭 work 工作 temp 临时 old 曾用 billing 账单 mobile 移动电话
    usual 常用 official 正式 nickname 昵称 anonymous 匿名 maiden 婚前 secondary 次要`,
  system: "phone 电话 fax 传真 email 电子邮件 pager 寻呼 url 网址 sms 短信 other 其他",
  intent: `proposal 提议 plan 计划 order 医嘱 option 备选 directive 指令 original-order 原始医嘱 reflex-order 追加医嘱
    filler-order 执行方医嘱 instance-order 单次医嘱 unknown 不详`,
  priority: "routine 常规 urgent 紧急 asap 尽快 stat 立即",
  outcome: "queued 排队中 complete 已完成 error 错误 partial 部分完成",
  operationalStatus: "on 开启 off 关闭 standby 待机 entered-in-error 录入错误",
  productCategory: "organ 器官 tissue 组织 fluid 体液 cells 细胞 biologicalAgent 生物制剂",
  scale: "farenheit 华氏度 celsius 摄氏度 kelvin 开尔文",
  mode: `personal 个人 professional 专业人员 legal 法定 official 机构 working 持续更新 snapshot 某一时刻 changes 变更
    match 匹配 include 附带 outcome 结果`,
  eye: "right 右眼 left 左眼",
  base: "up 上 down 下 in 内 out 外",
  entryType: "barcode 条形码 rfid 射频标签 manual 手工录入 card 卡片 self-reported 自述 unknown 不详",
  code: "replaces 替代 transforms 转换自 signs 签署 appends 补充",
  orientation: "sense 正义链 antisense 反义链",
  strand: "watson 沃森链 crick 克里克链",
  relationship: `before-start 在其开始前 before 在其之前 before-end 在其结束前 concurrent-with-start 与其同时开始 concurrent 同时进行
    concurrent-with-end 与其同时结束 after-start 在其开始后 after 在其之后 after-end 在其结束后`,
  assurance: "level1 一级 level2 二级 level3 三级 level4 四级",
  cardinalityBehavior: "single 一次 multiple 多次",
  groupingBehavior: "visual-group 显示分组 logical-group 逻辑分组 sentence-group 语句分组",
  selectionBehavior: `any 任选 all 全选 all-or-none 全选或不选 exactly-one 只选一项 at-most-one 至多一项 one-or-more 至少一项`,
  requiredBehavior: "must 必须 could 可以 must-unless-documented 除非说明理由否则必须",
  precheckBehavior: "yes 是 no 否",
  meaning: "instance 仅此记录 related 及相关记录 dependents 及下级记录 authoredby 其作者所写",
})

const HL7 = "http://terminology.hl7.org/CodeSystem"

/** Codes of HL7's own systems. Drugs, findings and laboratory codes are never translated. */
export const chineseConcepts = table({
  [`${HL7}/v3-ActCode`]: `AMB 门诊 EMER 急诊 FLD 院外现场 HH 居家诊疗 IMP 住院 ACUTE 急性期住院 NONAC 非急性期住院
    OBSENC 留院观察 PRENC 入院前检查 SS 日间住院 VR 远程诊疗`,
  [`${HL7}/condition-clinical`]:
    "active 活动期 recurrence 再发 relapse 复发 inactive 非活动 remission 缓解期 resolved 已痊愈",
  [`${HL7}/condition-ver-status`]: `unconfirmed 未确诊 provisional 初步诊断 differential 鉴别诊断 confirmed 已确诊 refuted 已排除
    entered-in-error 录入错误`,
  [`${HL7}/allergyintolerance-clinical`]: "active 活动期 inactive 非活动 resolved 已痊愈",
  [`${HL7}/allergyintolerance-verification`]: `unconfirmed 未确认 presumed 推定 confirmed 已确认 refuted 已排除
    entered-in-error 录入错误`,
  [`${HL7}/diagnosis-role`]: `AD 入院诊断 DD 出院诊断 CC 主诉 CM 合并症 pre-op 术前诊断 post-op 术后诊断 billing 计费诊断`,
  [`${HL7}/dose-rate-type`]: "calculated 计算值 ordered 医嘱值",
  [`${HL7}/goal-achievement`]: `in-progress 进行中 improving 好转 worsening 恶化 no-change 无变化 achieved 已达成 sustaining 保持中
    not-achieved 未达成 no-progress 无进展 not-attainable 无法达成`,
  [`${HL7}/goal-priority`]: "high-priority 高优先级 medium-priority 中优先级 low-priority 低优先级",
  [`${HL7}/referencerange-meaning`]: `type 类型 normal 正常范围 recommended 推荐范围 treatment 治疗范围 therapeutic 治疗目标范围
    pre 治疗前范围 post 治疗后范围 endocrine 内分泌范围 pre-puberty 青春期前 follicular 卵泡期 midcycle 排卵期 luteal 黄体期
    postmenopausal 绝经后`,
  [`${HL7}/v3-RoleCode`]: `MTH 母亲 FTH 父亲 PRN 父母 CHILD 子女 SON 儿子 DAU 女儿 SIB 兄弟姐妹 BRO 兄弟 SIS 姐妹 NBRO 同胞兄弟
    NSIS 同胞姐妹 TWIN 双胞胎 HUSB 丈夫 WIFE 妻子 SPS 配偶 GRPRN 祖父母或外祖父母 GRMTH 祖母或外祖母 GRFTH 祖父或外祖父
    MGRMTH 外祖母 MGRFTH 外祖父 PGRMTH 祖母 PGRFTH 祖父 AUNT 姑姨 MAUNT 姨母 PAUNT 姑母 UNCLE 叔舅 MUNCLE 舅父 PUNCLE 叔伯
    COUSN 堂表亲 NMTH 生母 NFTH 生父 FAMMEMB 家庭成员`,
})
