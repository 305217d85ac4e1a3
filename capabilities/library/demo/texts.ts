/** What the tour publishes. Short, and without doses: each is to be spoken about with whoever prescribes. */

const ENGLISH = `Warfarin keeps your blood from clotting too easily. It is given when clots could form in the heart, the lungs or the legs.

Checks: a blood test, the INR, shows how strongly it works. Keep each appointment; take it as you were told after the last test, at the same time each day. If you forget one, do not double the next: ask your clinic.

Get help at once for: bleeding that does not stop, black or bloody stools, red or brown urine, coughing or vomiting blood, a blow to the head, a sudden severe headache, sudden weakness or trouble speaking.
Tell your clinic about: bruises without a reason, bleeding gums, nosebleeds.

Food: vitamin K, in green leaves such as spinach and kale, makes it work less. You need not avoid them; eat about the same amount each week.

Other medicines: many change how it works, antibiotics and some herbs among them, such as St John's wort. Painkillers like ibuprofen, naproxen or aspirin (NSAIDs) make bleeding more likely: take none unless your doctor says so. Ask before you take anything new, and say that you take warfarin, also at the dentist.

Tell your doctor if you are pregnant or plan to be: warfarin can harm an unborn child.
`

const NEWER = `${ENGLISH}
Alcohol: much of it at once makes bleeding more likely; ask what is safe for you.
Travel: carry your yellow book or card, and your last INR, with you.
`

const CHINESE = `华法林使血液不易凝结，用于心脏、肺或腿部可能形成血栓的情况。

检查：通过验血（INR）了解药效。请按时复查，按最近一次检查后医嘱的量，每天在同一时间服用。漏服时不要在下次加倍，请询问诊所。

出现以下情况请立即就医：出血不止、黑便或血便、尿色发红或呈褐色、咳血或呕血、头部受到撞击、突发剧烈头痛、突然无力或说话困难。
出现以下情况请告诉诊所：不明原因的瘀斑、牙龈出血、流鼻血。

饮食：绿叶蔬菜（如菠菜、羽衣甘蓝）中的维生素K会减弱药效。不必忌口，每周的食用量大致保持不变即可。

其他药物：许多药物会影响药效，包括抗生素和某些草药（如圣约翰草）。布洛芬、萘普生、阿司匹林等止痛药（非甾体抗炎药）会增加出血风险，除非医生同意，请勿服用。服用任何新药前先询问；看牙医时也请说明您正在服用华法林。

如已怀孕或计划怀孕，请告诉医生：华法林可能伤害胎儿。
`

const PLAN = {
  resourceType: "PlanDefinition",
  status: "active",
  title: "Anticoagulation clinics: what is provided to whom",
  date: "2026-11-01",
  publisher: "National Health Authority",
  subjectCodeableConcept: { text: "Adults who take a vitamin K antagonist" },
  description: "Provided free of charge at every hospital of the network.",
  action: [
    {
      title: "INR check",
      description:
        "As often as the last results ask for, at the hospital or at home; the result is told the same day.",
    },
    {
      title: "Advice by a pharmacist",
      description: "At the beginning, and whenever another medicine is added or taken away.",
    },
    { title: "Emergency", description: "Bleeding is looked at in every emergency department at any time." },
  ],
}

/** Filled in for somebody: no node publishes it. */
const FILLED_IN = {
  resourceType: "Questionnaire",
  status: "active",
  contained: [{ resourceType: "Patient", id: "who", name: [{ text: "Ann Example" }] }],
  item: [{ linkId: "1", text: "Which medicines do you take?", type: "text" }],
}

export const texts = {
  english: ENGLISH,
  newer: NEWER,
  chinese: CHINESE,
  plan: JSON.stringify(PLAN, null, 2),
  filledIn: JSON.stringify(FILLED_IN, null, 2),
}
