/**
 * Elements of R4's resources about patients, and of datatypes, as hospitals in China call them; a choice element without
 * its type. What older versions of FHIR have stands here too where `aside.table.ts` names it.
 */
const ELEMENTS = `
abatement 结束时间 about 涉及对象 accessionIdentifier 检查标本号 accident 意外事故 account 账户 accounts 账户
achievementStatus 达成情况 action 措施 actionId 措施编号 active 是否启用 activity 活动 actor 参与者 actualArm 实际分组
actuality 实际或潜在 add 附加镜 addItem 追加项目 additionalInstruction 补充说明 additive 添加剂 additiveProductName 添加剂产品名
additiveType 添加剂类型 address 地址 addresses 针对问题 adjudication 审核结果 adjustment 调整 adjustmentReason 调整原因
administration 给予方式 administrationInstruction 给予说明 admitSource 入院来源 age 年龄 agent 行为者
allergyIntolerance 过敏与不耐受 allowed 是否允许 amount 数量 answer 回答 appliesTo 适用人群 appointment 预约
appointmentType 预约类型 asNeeded 必要时使用 asserter 判断者 assessment 评估 assessor 评估者 assignedArm 分配组别
assigner 签发机构 assurance 保证级别 attachment 附件 attester 审签者 authenticator 审核者 author 作者 authored 书写时间
authoredOn 开具时间 authority 授权方 authorizingPrescription 依据处方 axis 轴位 backCurve 后表面曲率
base 底向 baseFormulaProductName 基础配方产品 baseFormulaType 基础配方 basedOn 依据 basis 依据 batch 批次 beneficiary 受益人
benefitBalance 剩余额度 benefitPeriod 保障期间 billablePeriod 计费期间 birthDate 出生日期 bodySite 部位 bodysite 部位
bodyStructure 身体结构 born 出生 bounds 起止 brand 品牌 businessArrangement 业务安排 businessStatus 业务状态 calibration 校准
caloricDensity 热量密度 cancelationReason 取消原因 cancelledReason 取消原因 capacity 容量 careManager 诊疗协调人 careTeam 诊疗团队
careTeamSequence 团队序号 carrierAIDC 自动识别标识 carrierHRF 可读标识 category 类别 causality 因果关系 chargeItem 收费项目
chromosome 染色体 cigar 比对串 city 城市 claim 申报 claimResponse 申报答复 class 类别 classHistory 类别变更 clinicalStatus 临床状态
code 编码 coding 编码 collected 采集时间 collection 采集 collector 采集者 color 颜色 comment 备注 communication 沟通
communicationRequest 沟通请求 comparator 比较符 compartment 所属范围 complication 并发症 complicationDetail 并发症详情
component 组成项 conclusion 结论 conclusionCode 结论 condition 疾病 confidentiality 保密级别 consent 知情同意 contact 联系人
contained 所含记录 container 容器 content 内容 contentType 内容类型 context 背景 contract 合同 contraindicatedVaccineCode 禁忌疫苗
contributedToDeath 与死亡有关 contributor 贡献者 coordinateSystem 坐标系 costCenter 成本中心 costToBeneficiary 自付费用 count 次数
countMax 最多次数 country 国家 courseOfTherapyType 疗程类型 coverage 保险 created 创建时间 creation 创建时间 criticality 危急程度
currency 币种 custodian 保管机构 cylinder 柱镜 dailyAmount 每日用量 data 数据 dataAbsentReason 无值原因 dataPeriod 数据期间
dataRequirement 数据要求 datasetId 数据集编号 date 日期 dateAsserted 判断日期 dateCriterion 日期依据 dateRecorded 记录日期
dateTime 日期时间 dateWritten 开具日期 dayOfWeek 星期 daysSupply 可用天数 deceased 死亡 definition 定义 definitionCanonical 定义
definitionUri 定义 deleted 已从列表移除 deliverFrom 发出地点 deliverTo 送达地点 denominator 分母 dependent 被保险人序号 derivedFrom 来源
description 描述 destination 目的地 detail 详情 detailSequence 明细序号 details 详情 detected 发现时间 detectedIssue 发现的问题
device 器械 deviceIdentifier 器械标识 deviceName 器械名称 diagnosis 诊断 diagnosisSequence 诊断序号 diagnostics 诊断信息
diameter 直径 dietPreference 饮食偏好 dimensions 维数 dischargeDisposition 出院去向 dispenseInterval 发药间隔 dispenseRequest 发药要求
display 显示名 disposition 处理结果 distinctIdentifier 唯一标识 district 区县 div 正文 doNotPerform 禁止执行 docStatus 文书状态
document 文书 documentType 文书类型 documentation 说明文件 dosage 用法用量 dosageInstruction 用法用量 dose 剂量 doseAndRate 剂量与速率
doseNumber 第几剂 doseQuantity 剂量 doseStatus 剂次是否有效 doseStatusReason 剂次判定原因 due 期限 dueDate 期限 duration 持续时间
durationMax 最长持续时间 durationUnit 时间单位 education 宣教材料 effective 时间 element 元素 eligibility 入选资格 emptyReason 为空原因
encounter 就诊 end 结束 endpoint 服务端点 enteralFormula 肠内营养 enteredDate 录入日期 enterer 录入者 entity 相关对象 entry 条目
entryType 录入方式 episodeOfCare 诊疗过程 equivalence 等价性 error 错误 estimatedAge 估计年龄 etag 版本标记
evaluatedResource 被评价记录 evaluationMessage 评价信息 event 事件 eventHistory 事件经过 evidence 依据 exact 精确值 exception 例外
excludeFoodModifier 忌食 excluded 是否排除 executionPeriod 执行期间 expectedSupplyDuration 预计可用时间 expirationDate 有效期至
expiry 失效日期 exposureRoute 接触途径 expressedBy 表达者 expression 表达式 extension 扩展信息 eye 眼别 fMeasure 综合指标
fScore 综合得分 facility 机构 facilityType 机构类型 factor 系数 factorOverride 系数调整 family 姓 fastingStatus 空腹状态
financial 金额 finding 所见 flag 标记 fluidConsistencyType 液体稠度 focal 焦点器械 focalDevice 处置器械 focus 关注对象
followUp 随访 foodPreferenceModifier 饮食要求 foodType 食物类型 for 服务对象 forecastReason 预测原因 forecastStatus 接种建议状态
form 剂型 formCode 表格编码 format 格式 frames 帧数 frequency 频次 frequencyMax 最高频次 fullUrl 完整地址 function 职能
fundingSource 资金来源 fundsReserve 资金预留 fundsReserveRequested 请求预留资金 gender 性别 generalPractitioner 家庭医生
genomeBuild 基因组版本 given 名 goal 目标 group 组 groupIdentifier 组合编号 groupingBehavior 分组方式 gtFP 基因型假阳性
guarantor 担保人 hasMember 包含 hash 校验值 height 高度 high 上限 hospitalization 住院信息 id 标识 identified 发现时间
identifier 编号 ifMatch 匹配条件 ifModifiedSince 修改条件 ifNoneExist 不存在条件 ifNoneMatch 不匹配条件 image 图像
imagingStudy 影像检查 immunizationEvent 接种记录 implicated 相关记录 implicitRules 隐含规则 improvementNotation 改善方向
inResponseTo 答复对象 individual 个人 informationSequence 信息序号 informationSource 信息来源 ingredient 成分 initialFill 首次发药
inner 内层 input 输入 instance 实例 instantiates 依据规范 instantiatesCanonical 依据规范 instantiatesUri 依据规范
instruction 说明 insurance 保险 insurer 保险机构 intent 意图 interpretation 结果判读 interpreter 判读者 investigation 检查
investigationReference 检查 isActive 是否有效成分 isSubpotent 效价不足 issue 问题 issued 发布时间 issuer 签发者 item 项目
itemCodeableConcept 项目 itemReference 项目 itemSequence 项目序号 jurisdiction 适用地区 kind 种类 language 语言
lastModified 最后修改 lastOccurrence 最近一次反应 lastUpdated 最后更新 laterality 侧别 length 时长 lensSpecification 镜片参数
lifecycleStatus 阶段状态 line 行 lineItem 明细项目 link 关联 linkId 题号 location 地点 locationCode 地点类型
locationQualifier 部位限定 locationReference 地点 lotNumber 批号 low 下限 lowerLimit 下限 managingOrganization 管理机构
manifestation 表现 manipulated 处理时间 manipulation 处理 manufactureDate 生产日期 manufacturer 生产厂家 maritalStatus 婚姻状况
masterIdentifier 主编号 maxDosePerAdministration 单次最大剂量 maxDosePerLifetime 终身最大剂量 maxDosePerPeriod 期间最大剂量
maxVolumeToDeliver 最大输注量 meaning 含义 measure 指标 measureScore 指标得分 measurementPeriod 测量周期 media 图像资料
medication 药品 medium 方式 member 成员 meta 元数据 method 方法 minutesDuration 时长（分钟） mitigation 缓解措施 modality 检查方式
mode 方式 modelNumber 型号 modifier 修饰 modifierExtension 修饰性扩展 module 模块 morphology 形态 multipleBirth 多胞胎 name 名称
net 净额 network 网络 note 备注 noteNumber 备注号 notDone 未执行 notGiven 未给予 numFN 假阴性数 numFP 假阳性数 numTP 真阳性数
number 编号 numberOfInstances 图像数 numberOfRepeatsAllowed 可续次数 numberOfSeries 序列数 numerator 分子 nutrient 营养素
observedAllele 观察等位基因 observedSeq 观察序列 occurred 发生时间 occurrence 发生时间 occurrenceDateTime 发生时间 offset 提前或延后
onAdmission 入院时存在 onBehalfOf 代表 onHold 暂停 onset 起病 operationalStatus 运行状态 operator 操作者 oralDiet 口服膳食
order 顺序 orderDetail 医嘱细节 ordered 已开单 orderedBy 排序方式 orderer 开单者 organization 机构 orientation 方向 origin 零点
originalPrescription 原处方 other 其他 outcome 结果 outcomeCode 结果 outcomeCodeableConcept 结果 outcomeReference 结果 outer 外层
output 输出 outputParameters 输出参数 overrideReason 调整原因 owner 负责人 packageCode 打包编码 parameter 参数 parent 上级
part 部分 partNumber 部件号 partOf 所属 participant 参与者 participantStatus 参与状态 participantType 参与类型 party 关联方
patient 患者 patientInstruction 患者须知 payee 收款人 payeeType 收款人类型 payload 内容 payment 付款 paymentDate 付款日期
paymentStatus 付款状态 paymentTerms 付款条款 payor 付款方 performed 执行时间 performer 执行者 performerType 执行者类型
performingOrganization 执行机构 period 期间 periodMax 最长间隔 periodUnit 间隔单位 photo 照片 physicalType 物理类型 pointer 指针
policy 政策 policyHolder 投保人 policyRule 适用规则 population 人群 position 位置 postalCode 邮政编码 power 度数
practiceSetting 专科 preAdmissionIdentifier 预入院编号 preAuthPeriod 预授权期间 preAuthRef 预授权编号 preAuthRefPeriod 预授权期间
precedence 优先次序 precheckBehavior 预选方式 precision 精确率 prediction 预测 preferred 是否首选 prefix 称谓 prescriber 开具者
prescription 处方 presentationDate 出示日期 presentedForm 报告文件 previous 此前记录 priceComponent 价格构成 priceOverride 价格调整
primarySource 由执行者记录 priorPrescription 前一处方 priorRequest 前一申请 priority 优先级 prism 棱镜 probability 概率 problem 问题
procedure 手术与操作 procedureCode 操作编码 procedureReference 操作记录 procedureSequence 操作序号 processNote 处理说明
processing 处理 product 产品 productCategory 产品类别 productCode 产品编码 productName 产品名称 productOrService 产品或服务
productRelatedness 产品相关性 profile 规范 prognosisCodeableConcept 预后 prognosisReference 预后 program 项目 programCode 项目编码
programEligibility 项目资格 progress 进展 project 项目 property 属性 protocol 方案 protocolApplied 接种程序 provider 服务提供方
provision 条款 publicationDate 发布日期 purpose 目的 qualification 资质 qualitativeRisk 风险等级 quality 质量 quantity 数量
queryFP 查询假阳性 queryTP 查询真阳性 question 问题 questionnaire 问卷 rank 排序 rate 速率 rationale 理由 reAdmission 再次入院
reaction 反应 readCoverage 读取覆盖度 readHistory 阅读记录 readsetId 读段集编号 reason 原因 reasonCode 原因 reasonReference 原因
recall 召回率 received 收到时间 receivedTime 接收时间 receiver 接收者 recipient 接收者 recommendation 建议 recorded 记录时间
recordedDate 记录日期 recordedOn 记录时间 recorder 记录者 ref 引用 reference 引用 referenceAllele 参考等位基因
referenceDocument 参考文书 referenceRange 参考范围 referenceSeq 参考序列 referenceSeqId 参考序列编号 referenceSeqPointer 参考序列
referenceSeqString 参考序列 referral 转诊 referralRequest 转诊申请 referrer 转诊者 related 相关 relatedAction 相关措施
relatesTo 关联文书 relation 关系 relationship 关系 relativeRisk 相对风险 relevantHistory 相关经过 repeat 重复方式
repeats 重复 repetitions 重复次数 replaces 替代 report 报告 reportOrigin 转述来源 reported 转述 reportedBoolean 是否转述
reportedReference 转述来源 reporter 报告者 repository 存储库 request 请求 requestIdentifier 申请编号 requestedPeriod 希望时间
requester 申请者 requestingOrganization 申请机构 requestor 申请者 required 是否必需 requiredBehavior 必需方式 requisition 申请单号
resource 记录 resourceType 记录类型 response 答复 responsible 负责人 responsibleParty 责任方 restriction 限制 result 结果
resultingCondition 导致的疾病 resultsInterpreter 结果判读者 revenue 收入类别 roc 曲线 role 角色 route 途径 routeofAdministration 给予途径
rule 规则 safety 安全性 scale 温标 schedule 时间安排 scheduled 计划时间 scope 范围 score 得分 search 检索 section 章节
security 安全标签 securityContext 安全背景 securityLabel 安全标签 selectionBehavior 选择方式 sender 发送者 sensitivity 灵敏度
sent 发送时间 sequence 序号 serialNumber 序列号 series 序列 seriesDoses 总剂数 seriousness 严重性 service 服务
serviceCategory 服务类别 servicePeriod 服务期间 serviceProvider 服务机构 serviceType 服务类型 serviced 服务时间 severity 严重程度
sex 性别 sigFormat 签名格式 signature 签名 site 部位 size 大小 slot 时段 software 软件 sopClass 影像类别 source 来源
sourcePatientInfo 来源患者信息 specialArrangement 特殊安排 specialCourtesy 特别照顾 specialization 专用标准 specialty 专科
specimen 标本 specimenQuantity 标本量 sphere 球镜 stage 分期 standardSequence 标准序列 start 开始 started 开始时间 state 状态
status 状态 statusDate 状态日期 statusHistory 状态变更 statusReason 状态原因 storage 储存 strand 链 stratifier 分层依据 stratum 分层
strength 规格 structureVariant 结构变异 study 研究 subDetail 子明细 subDetailSequence 子明细序号 subSite 细分部位 subType 子类型
subdetailSequence 子明细序号 subject 对象 subjectMedicalHistory 对象病史 subjectResults 对象结果 subpotentReason 效价不足原因
subrogation 代位求偿 subscriber 参保人 subscriberId 参保号 substance 物质 substitution 替换 suffix 后缀 summary 摘要
supplement 营养补充 suppliedItem 发放物品 supplier 供应方 supportingImmunization 相关接种 supportingInfo 支持信息
supportingInformation 支持信息 supportingPatientInformation 相关患者信息 suspectEntity 可疑原因 system 系统 systemType 标准类型
tag 标签 taken 是否服用 target 目标 targetDisease 针对疾病 targetFormat 目标格式 team 团队 telecom 联系方式 temperature 温度
term 条款 text 文本 textEquivalent 等效文本 texture 质地 time 时间 timeOfDay 时刻 timestamp 时间戳 timing 时间安排 title 标题
topic 主题 total 合计 totalGross 总额 totalNet 净额合计 totalPriceComponent 总价构成 truthFN 真值假阴性 truthTP 真值真阳性 type 类型
udi 唯一标识 udiCarrier 唯一标识载体 uid 唯一标识 unit 单位 unitPrice 单价 upperLimit 上限 uri 地址 url 地址 use 用途 used 已使用
usedCode 使用物品 usedReference 使用物品 userSelected 由人选定 vaccineCode 疫苗 validityPeriod 有效期间 value 值 valueCode 值
valueQuantity 值 variant 变异 variantPointer 变异 variantType 变异类型 variantsetId 变异集编号 verification 核实 verificationDate 核实日期
verificationStatus 确认状态 verified 已核实 verifiedWith 核实对象 version 版本 versionId 版本号 view 体位 wasNotGiven 未给予
wasNotTaken 未服用 wasSubstituted 已替换 what 对象 when 时间 whenHandedOver 发药时间 whenPrepared 配药时间 who 人员 width 宽度
windowEnd 窗口结束 windowStart 窗口开始 cardinalityBehavior 次数要求 alias 别名 allDay 全天 altId 其他编号 altitude 海拔 longitude 经度
latitude 纬度 practitioner 医务人员 healthcareService 医疗服务 startDate 开始日期 availableTime 可用时间 daysOfWeek 星期 inactive 无效
planningHorizon 计划期间 referralMethod 转诊方式`

let all: ReadonlyMap<string, string> | undefined

/** @returns undefined: it has no name here */
export function chineseElement(name: string): string | undefined {
  all ??= new Map(pairsOf(ELEMENTS))
  return all.get(name)
}

/** `a 甲 b 乙` */
export function pairsOf(text: string): [string, string][] {
  const words = text.trim().split(/\s+/)
  return Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i], words[2 * i + 1]])
}
