/**
 * What thins the blood: WHO ATC group B01A (antithrombotic agents), and its substances by RxNorm ingredient (RxCUI, NLM)
 * and SNOMED CT substance or product, each as publishers of value sets name them. Words find what has no code, or one of
 * a whole product; they are beginnings of words, so that salts and tablets count too.
 */
export const ATC_GROUP = "B01A"

export const RXNORM = new Set([
  "11289", // warfarin
  "154", // acenocoumarol
  "8150", // phenprocoumon
  "8130", // phenindione
  "50097", // fluindione
  "1598", // dicumarol
  "5224", // heparin
  "67108", // enoxaparin
  "67109", // dalteparin
  "67031", // nadroparin
  "69646", // tinzaparin
  "75960", // reviparin
  "69528", // parnaparin
  "280611", // bemiparin
  "78484", // danaparoid
  "321208", // fondaparinux
  "1037042", // dabigatran etexilate
  "1546356", // dabigatran
  "15202", // argatroban
  "60819", // bivalirudin
  "114934", // desirudin
  "237057", // lepirudin
  "1114195", // rivaroxaban
  "1364430", // apixaban
  "1599538", // edoxaban
  "1927851", // betrixaban
  "1191", // aspirin
  "32968", // clopidogrel
  "613391", // prasugrel
  "1116632", // ticagrelor
])

export const SNOMED = new Set([
  "372862008", // anticoagulant (substance)
  "81839001", // product acting as anticoagulant
  "372756006", // warfarin
  "63167009", // warfarin sodium
  "48603004", // warfarin product
  "387457003", // acenocoumarol
  "387260007", // phenindione
  "372877000", // heparin
  "698871007", // dabigatran
  "700029008", // dabigatran etexilate
  "442031002", // rivaroxaban
  "777455008", // rivaroxaban product
  "698090000", // apixaban
  "774624002", // apixaban product
  "775732007", // edoxaban product
  "387458008", // aspirin
  "386952008", // clopidogrel
])

/** International nonproprietary names, some brands, and Chinese names. */
export const NAMES = [
  "warfarin",
  "coumadin",
  "marcumar",
  "falithrom",
  "jantoven",
  "sintrom",
  "fragmin",
  "arixtra",
  "brilique",
  "brilinta",
  "efient",
  "effient",
  "ass \\d",
  "acenocoumarol",
  "phenprocoumon",
  "phenindione",
  "fluindione",
  "heparin",
  "enoxaparin",
  "clexane",
  "lovenox",
  "dalteparin",
  "nadroparin",
  "tinzaparin",
  "certoparin",
  "bemiparin",
  "danaparoid",
  "fondaparinux",
  "dabigatran",
  "pradaxa",
  "argatroban",
  "bivalirudin",
  "desirudin",
  "rivaroxaban",
  "xarelto",
  "apixaban",
  "eliquis",
  "edoxaban",
  "lixiana",
  "savaysa",
  "betrixaban",
  "aspirin",
  "acetylsalicylic",
  "clopidogrel",
  "plavix",
  "prasugrel",
  "ticagrelor",
  "ticlopidine",
  "dipyridamole",
  "cilostazol",
  "tirofiban",
  "eptifibatide",
  "abciximab",
  "cangrelor",
  "alteplase",
  "tenecteplase",
  "reteplase",
  "streptokinase",
  "urokinase",
] as const

export const CHINESE_NAMES = [
  "华法林",
  "華法林",
  "肝素",
  "达比加群",
  "達比加群",
  "利伐沙班",
  "阿哌沙班",
  "艾多沙班",
  "依度沙班",
  "磺达肝癸",
  "阿加曲班",
  "比伐芦定",
  "阿司匹林",
  "阿斯匹林",
  "乙酰水杨酸",
  "氯吡格雷",
  "普拉格雷",
  "替格瑞洛",
  "双嘧达莫",
  "西洛他唑",
  "阿替普酶",
  "尿激酶",
] as const
