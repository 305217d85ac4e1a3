import type { OrganisationId } from "./organisations.ts"
import { localSystem, organisations } from "./organisations.ts"
import type { Randomness } from "./random.ts"
import type { Story } from "./vocabulary.ts"

/** An invented person. No resident number can be real: no region code of the People's Republic begins with 999. */

export interface Identifier {
  readonly system: string
  readonly value: string
}

export interface Name {
  readonly family: string
  readonly given: string
  readonly text: string
}

export interface Person {
  readonly number: number
  readonly gender: "male" | "female"
  readonly birthDate: string
  readonly zh: Name
  readonly en: Name
  readonly resident: Identifier
  readonly insured: Identifier
}

export const dayMs = 24 * 60 * 60 * 1000
const residentSystem = "urn:oid:2.16.156.10011.1.3"
const insuredSystem = "https://insurer.example/member"

const families: readonly (readonly [string, string])[] = [
  ["王", "Wang"],
  ["李", "Li"],
  ["张", "Zhang"],
  ["刘", "Liu"],
  ["陈", "Chen"],
  ["杨", "Yang"],
  ["赵", "Zhao"],
  ["黄", "Huang"],
  ["周", "Zhou"],
  ["吴", "Wu"],
  ["徐", "Xu"],
  ["孙", "Sun"],
  ["马", "Ma"],
]
const givens = {
  male: [
    ["建国", "Jianguo"],
    ["志强", "Zhiqiang"],
    ["伟", "Wei"],
    ["明辉", "Minghui"],
    ["俊杰", "Junjie"],
    ["文博", "Wenbo"],
    ["海涛", "Haitao"],
  ],
  female: [
    ["秀英", "Xiuying"],
    ["丽华", "Lihua"],
    ["静", "Jing"],
    ["雅婷", "Yating"],
    ["晓燕", "Xiaoyan"],
    ["思雨", "Siyu"],
    ["玉兰", "Yulan"],
  ],
} as const

export function invent(
  { age, gender: told }: Pick<Story, "age" | "gender">,
  { number, now, random, seeded }: { number: number; now: number; random: Randomness; seeded: Randomness },
): Person {
  const gender = told === "either" ? random.at("gender").pick(["male", "female"] as const) : told
  const birthDate = bornOn(age, now, random.at("birth"))
  // By number from a seeded start: neighbours never bear one name.
  const turn = number + seeded.at("names").integer(0, 90)
  const [familyZh, familyEn] = rotate(families, turn)
  const [givenZh, givenEn] = rotate<readonly [string, string]>(givens[gender], turn)
  return {
    number,
    gender,
    birthDate,
    zh: { family: familyZh, given: givenZh, text: `${familyZh}${givenZh}` },
    en: { family: familyEn, given: givenEn, text: `${familyEn} ${givenEn}` },
    resident: {
      system: residentSystem,
      value: residentNumber({ number, birthDate, gender, order: random.at("resident").integer(0, 499) }),
    },
    insured: { system: insuredSystem, value: `M${padded(number)}${random.at("member").digits(4)}` },
  }
}

export function medicalRecordNumber(
  { number }: Person,
  organisation: OrganisationId,
  random: Randomness,
): Identifier {
  const value = `${organisations[organisation].mrnPrefix}${random.at("mrn", organisation).digits(3)}${padded(number)}`
  return { system: localSystem(organisation, "mrn"), value }
}

/** The check character of GB 11643: ISO 7064, MOD 11-2, over the 17 digits before it. */
export function residentCheckCharacter(digits: string): string {
  let sum = 0
  for (const digit of digits) sum = ((sum + Number(digit)) * 2) % 11
  return "0123456789X".charAt((12 - sum) % 11)
}

function residentNumber({
  number,
  birthDate,
  gender,
  order,
}: {
  number: number
  birthDate: string
  gender: Person["gender"]
  order: number
}): string {
  const region = `999${String(number % 1000).padStart(3, "0")}`
  const sequence = String(order * 2 + (gender === "male" ? 1 : 0)).padStart(3, "0")
  const digits = `${region}${birthDate.replaceAll("-", "")}${sequence}`
  return `${digits}${residentCheckCharacter(digits)}`
}

/** A birthday is never within three weeks of now, so that the age holds in every time zone and while a demo runs. */
function bornOn(age: Story["age"], now: number, random: Randomness): string {
  if ("days" in age) return isoDate(now - random.integer(...age.days) * dayMs)
  const today = new Date(now)
  const years = random.at("years").integer(...age.years)
  const daysSinceBirthday = random.at("day").integer(21, 340)
  return isoDate(
    Date.UTC(today.getUTCFullYear() - years, today.getUTCMonth(), today.getUTCDate() - daysSinceBirthday),
  )
}

export function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function padded(number: number): string {
  return String(number).padStart(5, "0")
}

function rotate<T>(list: readonly T[], by: number): T {
  const found = list[by % list.length]
  if (found === undefined) throw new RangeError("an empty list has no turn")
  return found
}
